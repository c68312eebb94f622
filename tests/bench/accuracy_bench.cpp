// Images per second of the accuracy engine on networks with random weights, beside LibTorch's
// float32. Arguments: network (kNetworks), then bits of all weights and activations, or of the ADC.
// Everything runs on all cores. With --peak: what the engine reaches of the processor's
// limit, on one core.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <utility>

#include <benchmark/benchmark.h>

#include "quant/accuracy/accuracy_engine.h"
#include "quant/float/float_network.h"
#include "quant/network/integer_network.h"
#include "quant/network/networks.h"
#include "quant/torch/predictions.h"
#include "quant/torch/threads.h"
#include "quant/torch/torch_network.h"
#include "tests/bench/peak.h"
#include "tests/bench/random_model.h"
#include "tests/onednn/onednn_inference.h"

namespace {

using namespace kirchhoff::quant;

constexpr const char* kNetworks[] = {"lenet5", "vgg13", "resnet20", "mobilenet-v2"};

Network network(std::int64_t number) { return find_network(kNetworks[number]); }

/// So many that a run takes a fair part of a second.
std::size_t images_for(std::int64_t number) { return number == 0 ? 10000 : 256; }

/// `one_dnn`: by its convolutions instead of ours.
void evaluate(benchmark::State& state, const Policy& policy, std::size_t images,
              const AdcModel* adc, bool one_dnn = false) {
  const Model model = random_model(network(state.range(0)));
  Quantizer quantizer(model, random_model_clips(model));
  const Dataset data = random_images(model.network.image, images);
  std::unique_ptr<InferenceEngine> chosen;
  if (one_dnn) {
    chosen = std::make_unique<OneDnnInference>(model.network, data, 0);
  } else {
    chosen = host_engine(model.network, data, 0, adc);
  }
  AccuracyEngine engine(quantizer, data, std::move(chosen));
  engine.share_prefixes(false);
  engine.evaluate(policy);  // packs the weights
  for (auto _ : state) benchmark::DoNotOptimize(engine.evaluate(policy).correct);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(images));
  double macs = 0.0;
  for (const Layer& layer : model.network.layers) macs += static_cast<double>(layer.macs());
  state.counters["macs_per_second"] = benchmark::Counter(
      macs * static_cast<double>(images) * static_cast<double>(state.iterations()),
      benchmark::Counter::kIsRate);
}

void exact(benchmark::State& state) {
  const int bits = static_cast<int>(state.range(1));
  const Network chosen = network(state.range(0));
  evaluate(state, Policy::uniform(chosen, bits, bits), images_for(state.range(0)), nullptr);
}
BENCHMARK(exact)
    ->ArgsProduct({{0, 1, 2, 3}, {8, 6, 4, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(exact)->Args({0, 12})->Args({1, 12})->Unit(benchmark::kMillisecond)->UseRealTime();

/// oneDNN's convolutions. Without VNNI instructions only weights of up to 7 bits are exact.
void onednn(benchmark::State& state) {
  const int bits = static_cast<int>(state.range(1));
  if (bits == 8 && !onednn_is_exact()) {
    state.SkipWithError("not exact on this processor");
    return;
  }
  const Network chosen = network(state.range(0));
  evaluate(state, Policy::uniform(chosen, bits, bits), images_for(state.range(0)), nullptr, true);
}
BENCHMARK(onednn)->ArgsProduct({{0, 1}, {8, 7}})->Unit(benchmark::kMillisecond)->UseRealTime();

void adc_exact(benchmark::State& state) {
  AdcModel adc;
  adc.bits = static_cast<int>(state.range(1));
  evaluate(state, Policy::uniform(network(state.range(0)), 8, 8), state.range(0) == 0 ? 1000 : 32,
           &adc);
}
BENCHMARK(adc_exact)
    ->ArgsProduct({{0, 1}, {8, 7, 6, 5, 4}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// Cells that miss their levels by up to a fifth: how they are drawn is not what is measured.
class SomeCells final : public CellSource {
 public:
  int conductance(const CellArray& array, int row, int column, int level) const override {
    const auto place = static_cast<std::uint64_t>(row * 1024 + column + (array.negative ? 512 : 0));
    const auto draw = (place * 0x9e3779b97f4a7c15 + static_cast<std::uint64_t>(array.slice)) >> 40;
    return std::max(0, (level << kFractionBits) + static_cast<int>(draw % 101) - 50);
  }
};

void real_cells(benchmark::State& state) {
  const int bits = static_cast<int>(state.range(1));
  const Network chosen = network(state.range(0));
  AdcModel adc;
  adc.cells = std::make_shared<SomeCells>();
  evaluate(state, Policy::uniform(chosen, bits, bits), state.range(0) == 0 ? 1000 : 32, &adc);
}
BENCHMARK(real_cells)
    ->ArgsProduct({{0, 1}, {8, 4}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void own_float(benchmark::State& state) {
  const Model model = random_model(network(state.range(0)));
  const std::size_t images = images_for(state.range(0));
  const Dataset data = random_images(model.network.image, images);
  for (auto _ : state) benchmark::DoNotOptimize(float_predictions(model, data).size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(images));
}
BENCHMARK(own_float)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond)->UseRealTime();

void libtorch_float(benchmark::State& state) {
  set_torch_threads(0);
  const Model model = random_model(network(state.range(0)));
  const std::size_t images = images_for(state.range(0));
  const Dataset data = random_images(model.network.image, images);
  TorchNetworkOptions options;
  options.portable = false;
  TorchNetwork other(model.network, options);
  other.assign(other.flatten(model.layers));
  for (auto _ : state) {
    benchmark::DoNotOptimize(predictions(other, model.network, data).size());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(images));
}
BENCHMARK(libtorch_float)
    ->DenseRange(0, 3)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "--peak") == 0) {
    kirchhoff::print_peak();
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
