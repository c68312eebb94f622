// The accuracy engine on networks that are graphs, with random integers. CPU time is that of all
// threads: on a machine that is busy otherwise it is what to compare.

#include <cstring>
#include <vector>

#include <benchmark/benchmark.h>

#include "quant/accuracy/host_engine.h"
#include "quant/network/integer_network.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/zoo/builder.h"
#include "tests/bench/random_model.h"

namespace {

using namespace kirchhoff::quant;

void run_images(benchmark::State& state, const Network& network, int bits, std::size_t images) {
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, bits, bits), 1);
  const Dataset data = random_images(network.image, images);
  const auto engine = host_engine(network, data);
  engine->share_prefixes(false);
  const PolicyIntegers view(integers);
  const LogitsConsumer ignore = [](std::size_t, int, const std::int64_t*) {};
  engine->run(view, 0, images, ignore);  // packs the weights
  for (auto _ : state) engine->run(view, 0, images, ignore);
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(images));
}

void network_images(benchmark::State& state, const char* name, std::size_t images) {
  run_images(state, find_network(name), static_cast<int>(state.range(0)), images);
}
BENCHMARK_CAPTURE(network_images, resnet20, "resnet20", 512)
    ->Arg(8)
    ->Arg(4)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();
BENCHMARK_CAPTURE(network_images, mobilenet_v2, "mobilenet-v2-imagenet", 32)
    ->Arg(8)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

/// Three depthwise layers of a stride, the first over so many rows and columns: bytes are those of
/// the maps that they read and write.
void depthwise_maps(benchmark::State& state) {
  constexpr std::size_t kImages = 64;
  const int side = static_cast<int>(state.range(0)), stride = static_cast<int>(state.range(1));
  Builder b("depthwise", {32, side, side});
  for (const char* name : {"dw1", "dw2", "dw3"}) b.depthwise(name, 3, 1, stride).relu6();
  const Network network = lower(b.global_average("gap").linear("fc", 2).take()).network;
  run_images(state, network, 8, kImages);
  std::int64_t bytes = 0;
  for (const Layer& layer : network.layers) {
    if (layer.groups > 1) bytes += layer.input.size() + layer.output().size();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(kImages) * bytes);
}
BENCHMARK(depthwise_maps)
    ->ArgsProduct({{14, 56, 112}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

/// What those bytes cost at least: as large a map is copied, so that as many are read and written.
void copied_maps(benchmark::State& state) {
  const auto side = static_cast<std::size_t>(state.range(0));
  std::vector<char> from(32 * side * side * 16, 1), to(from.size());
  for (auto _ : state) {
    std::memcpy(to.data(), from.data(), from.size());
    benchmark::DoNotOptimize(to.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(2 * from.size()));
}
BENCHMARK(copied_maps)->Arg(14)->Arg(56)->Arg(112)->Unit(benchmark::kMillisecond);

}  // namespace
