// What tracing costs: the same functional LeNet-5 image without a tracer, with one whose members
// are null, and with each writer. Compare runs of one process:
//   kirchhoff_trace_bench --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>

#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "traces/event_log.h"
#include "traces/perfetto_writer.h"
#include "traces/pftrace_writer.h"
#include "traces/vcd_writer.h"

namespace {

using namespace kirchhoff;

enum class Mode { kOff, kNull, kOtherPart, kVcd, kPerfetto, kCsv, kPerfettoGz, kPftrace };

/// Passes nothing on, and counts.
class Counter final : public EventWriter {
 public:
  void slice(const EventTrack&, const char*, std::uint64_t, std::uint64_t,
             EventArgs) noexcept override {
    ++events_;
  }
  void counter(const EventTrack&, std::uint64_t, double) noexcept override { ++events_; }
  void packet(const PacketEnd&, const PacketEnd&, const char*, EventArgs) noexcept override {
    ++events_;
  }
  void name_layers(const std::vector<std::string>&) override {}
  void describe(const std::string&, const std::string&, const std::string&) override {}
  const std::string& path() const override { return path_; }
  std::uint64_t bytes() const override { return 0; }
  std::uint64_t limit() const override { return kNoTraceLimit; }
  bool full() const override { return false; }
  void close() override {}
  std::uint64_t events() const { return events_; }

 private:
  std::string path_;
  std::uint64_t events_ = 0;
};

/// One chip on a kernel of its own, so that all of them exist in one process.
struct Bench {
  Bench(Mode mode, hw::Fidelity fidelity) {
    auto* outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = kernel = new sc_core::sc_simcontext;
    const std::string file = (std::filesystem::temp_directory_path() /
                              ("kirchhoff-bench-" + std::to_string(static_cast<int>(mode)) +
                               std::to_string(static_cast<int>(fidelity))))
                                 .string();
    if (mode == Mode::kVcd) vcd = std::make_unique<VcdWriter>(file);
    if (mode == Mode::kOtherPart) {
      selection = std::make_unique<ProbeSelection>(std::vector<std::string>{"tile0.pe0.nothing"});
      vcd = std::make_unique<VcdWriter>(file, TraceWindow{}, selection.get());
    }
    if (mode >= Mode::kPerfetto) {
      sink = std::make_unique<EventSink>();
      if (mode == Mode::kCsv) {
        sink->add_writer(std::make_unique<EventLog>(file));
      } else if (mode == Mode::kPftrace) {
        sink->add_writer(std::make_unique<PftraceWriter>(file + ".pftrace"));
      } else {
        sink->add_writer(std::make_unique<PerfettoWriter>(
            file + (mode == Mode::kPerfettoGz ? ".json.gz" : ".json")));
      }
      auto counting = std::make_unique<Counter>();
      counter = counting.get();
      sink->add_writer(std::move(counting));
    }
    tracer = {vcd.get(), sink.get()};
    sim::SimulatorOptions options;
    options.fidelity = fidelity;
    options.tracer = mode == Mode::kOff ? nullptr : &tracer;
    const quant::Network network = quant::lenet5();
    simulator = std::make_unique<sim::Simulator>(network, hw::ChipConfig{}, options);
    simulator->load(
        quant::random_integer_network(network, quant::Policy::uniform(network, 8, 8), 1));
    image = quant::random_image(network.image, 1);
    sc_core::sc_curr_simcontext = outer;
  }

  sc_core::sc_simcontext* kernel = nullptr;
  std::unique_ptr<ProbeSelection> selection;
  std::unique_ptr<VcdWriter> vcd;
  std::unique_ptr<EventSink> sink;
  Counter* counter = nullptr;
  Tracer tracer;
  std::unique_ptr<sim::Simulator> simulator;
  std::vector<std::uint8_t> image;
};

void traced_image(benchmark::State& state, Mode mode, hw::Fidelity fidelity) {
  static std::map<std::pair<Mode, hw::Fidelity>, std::unique_ptr<Bench>> benches;
  auto& bench = benches[{mode, fidelity}];
  if (!bench) bench = std::make_unique<Bench>(mode, fidelity);
  auto* outer = sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = bench->kernel;
  std::uint64_t before = 0, bytes = 0;
  if (bench->counter) before = bench->counter->events();
  if (bench->vcd) bytes = bench->vcd->bytes();
  for (auto _ : state) {
    // Only the kernel's time: comparing with the golden inference costs the same in all modes.
    const double begin = bench->simulator->wall_s();
    benchmark::DoNotOptimize(bench->simulator->run_image(bench->image).prediction);
    state.SetIterationTime(bench->simulator->wall_s() - begin);
  }
  const auto runs = static_cast<double>(state.iterations());
  if (bench->counter)
    state.counters["events"] = static_cast<double>(bench->counter->events() - before) / runs;
  if (bench->vcd) state.counters["bytes"] = static_cast<double>(bench->vcd->bytes() - bytes) / runs;
  sc_core::sc_curr_simcontext = outer;
}

void register_all() {
  for (const auto& [name, mode] :
       std::initializer_list<std::pair<const char*, Mode>>{{"off", Mode::kOff},
                                                           {"null_members", Mode::kNull},
                                                           {"nothing_selected", Mode::kOtherPart},
                                                           {"vcd", Mode::kVcd},
                                                           {"perfetto", Mode::kPerfetto},
                                                           {"perfetto_gz", Mode::kPerfettoGz},
                                                           {"pftrace", Mode::kPftrace},
                                                           {"csv", Mode::kCsv}}) {
    for (const hw::Fidelity fidelity : {hw::Fidelity::kMvm, hw::Fidelity::kBit}) {
      const Mode m = mode;
      const std::string full = std::string(fidelity == hw::Fidelity::kMvm ? "mvm/" : "bit/") + name;
      benchmark::RegisterBenchmark(
          full.c_str(),
          [m, fidelity](benchmark::State& state) { traced_image(state, m, fidelity); })
          ->Unit(benchmark::kMillisecond)
          ->UseManualTime();
    }
  }
}

}  // namespace

int sc_main(int argc, char** argv) {
  register_all();
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
