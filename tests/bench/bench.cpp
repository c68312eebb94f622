// Speed of what a search spends its time on. SystemC elaborates one chip per process:
// --fidelity=bit|mvm, --network=NAME, --schedule=sequential|pipelined and --tiles=N (flags before
// all others) choose which one is measured; the accuracy engine runs in all.

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include "mapping/mapping.h"
#include "quant/accuracy/accuracy_engine.h"
#include "quant/network/golden.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "sim/turn_costs.h"
#include "tests/support/random_graphs.h"

namespace {

using namespace kirchhoff;

hw::Fidelity fidelity = hw::Fidelity::kMvm;
std::unique_ptr<sim::Simulator> simulator;

std::string network_name = "lenet5";
hw::ChipConfig config;

/// Memory of this process that is in use now.
double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double cpu_s() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

/// Of making the chip, in CPU time.
double elaboration_s = 0, elaborated_mib = 0;

const quant::Network& network() {
  static const quant::Network chosen = quant::find_network(network_name);
  return chosen;
}

// What the chip took when it was made.
void elaboration(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(elaboration_s);
  const int tiles = simulator->config().mesh_width * simulator->config().mesh_height;
  state.counters["tiles"] = tiles;
  state.counters["cpu_s"] = elaboration_s;
  state.counters["kib_per_tile"] = elaborated_mib * 1024 / tiles;
}
BENCHMARK(elaboration)->Iterations(1);

void chip_cost(benchmark::State& state) {
  const int bits = static_cast<int>(state.range(0));
  const auto policy = quant::Policy::uniform(network(), bits, bits);
  sim::CostReport report;
  for (auto _ : state) report = simulator->cost(policy);
  double windows = 0, tile_windows = 0;
  for (const sim::LayerReport& layer : report.layers) {
    windows += layer.windows;
    tile_windows += static_cast<double>(layer.windows) * layer.tiles;
  }
  state.counters["windows"] = windows;
  state.counters["tiles"] = report.tiles();
  state.counters["tile_windows"] = tile_windows;
}
BENCHMARK(chip_cost)->Arg(8)->Arg(4)->Arg(2)->Unit(benchmark::kMillisecond);

/// `count` distinct random policies, the same ones always.
std::vector<quant::Policy> random_policies(std::size_t count) {
  RandomGraphs random(1);
  std::set<std::string> seen;
  std::vector<quant::Policy> policies;
  while (policies.size() < count) {
    quant::Policy policy = random.policy(network());
    if (seen.insert(policy.to_string()).second) policies.push_back(std::move(policy));
  }
  return policies;
}

// Policies simulated whole, one after another. Memory must not grow once every buffer has been as
// full as it gets.
void policies(benchmark::State& state) {
  const auto all = random_policies(static_cast<std::size_t>(state.range(0)));
  double warm_mib = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      benchmark::DoNotOptimize(simulator->cost(all[i]).latency_ns);
      if (i == 100) warm_mib = resident_mib();
    }
  }
  state.counters["policies_per_second"] =
      benchmark::Counter(static_cast<double>(state.range(0)), benchmark::Counter::kIsRate);
  state.counters["resident_mib"] = resident_mib();
  state.counters["grown_mib"] = resident_mib() - warm_mib;
}
BENCHMARK(policies)->Arg(1000)->Iterations(1)->Unit(benchmark::kSecond)->UseRealTime();

// What a search does: policies as sums of turns, at first all of them unknown; then the same
// policies again, whose turns are known, and with other weight bits. Layers that overlap have one
// turn, of all.
void turn_costs(benchmark::State& state) {
  const auto all = random_policies(static_cast<std::size_t>(state.range(0)));
  std::vector<quant::Policy> others = all;
  for (quant::Policy& policy : others) {
    for (quant::LayerBits& bits : policy.layers)
      if (bits.weight > 0) bits.weight = 10 - bits.weight;
  }
  for (auto _ : state) {
    sim::TurnCosts turns(*simulator);
    const auto cost_all = [&turns](const std::vector<quant::Policy>& some) {
      const double begin = cpu_s();
      for (const quant::Policy& policy : some)
        benchmark::DoNotOptimize(turns.totals(policy).latency_ns);
      return 1e3 * (cpu_s() - begin) / static_cast<double>(some.size());
    };
    state.counters["new_ms"] = cost_all(all);
    state.counters["known_ms"] = cost_all(all);
    state.counters["other_weights_ms"] = cost_all(others);
    state.counters["turns_simulated"] =
        static_cast<double>(turns.simulated()) / static_cast<double>(all.size());
  }
}
BENCHMARK(turn_costs)->Arg(30)->Arg(300)->Iterations(1)->Unit(benchmark::kSecond);

void chip_image(benchmark::State& state) {
  const auto policy = quant::Policy::uniform(network(), 8, 8);
  simulator->load(quant::random_integer_network(network(), policy, 1));
  const auto image = quant::random_image(network().image, 1);
  const double before = simulator->wall_s();
  for (auto _ : state) benchmark::DoNotOptimize(simulator->run_image(image).prediction);
  state.counters["simulating_ms"] = benchmark::Counter(1e3 * (simulator->wall_s() - before) /
                                                       static_cast<double>(state.iterations()));
}
BENCHMARK(chip_image)->Unit(benchmark::kMillisecond);

void golden_image(benchmark::State& state) {
  const auto integers =
      quant::random_integer_network(network(), quant::Policy::uniform(network(), 8, 8), 1);
  const auto image = quant::random_image(network().image, 1);
  for (auto _ : state)
    benchmark::DoNotOptimize(quant::golden_inference(integers, image).prediction);
}
BENCHMARK(golden_image)->Unit(benchmark::kMillisecond);

void engine_images(benchmark::State& state) {
  const auto integers =
      quant::random_integer_network(network(), quant::Policy::uniform(network(), 8, 8), 1);
  quant::Dataset data;
  data.shape = network().image;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    const auto image = quant::random_image(data.shape, i);
    data.pixels.insert(data.pixels.end(), image.begin(), image.end());
    data.labels.push_back(0);
  }
  for (auto _ : state) benchmark::DoNotOptimize(quant::batch_logits(integers, data, 1000, 0));
  state.SetItemsProcessed(state.iterations() * 1000);
}
BENCHMARK(engine_images)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace

int sc_main(int argc, char** argv) {
  const double before_s = cpu_s(), before_mib = resident_mib();
  simulator =
      std::make_unique<sim::Simulator>(network(), config, sim::SimulatorOptions{fidelity, nullptr});
  elaboration_s = cpu_s() - before_s;
  elaborated_mib = resident_mib() - before_mib;
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  for (; argc > 1; ++argv, --argc) {
    const std::string flag = argv[1];
    if (flag == "--fidelity=bit") {
      fidelity = hw::Fidelity::kBit;
    } else if (flag.rfind("--network=", 0) == 0) {
      network_name = flag.substr(10);
    } else if (flag.rfind("--tiles=", 0) == 0) {
      mapping::near_square(std::stoi(flag.substr(8)), config.mesh_width, config.mesh_height);
    } else if (flag == "--schedule=pipelined") {
      config.schedule = hw::Schedule::kPipelined;
    } else if (flag != "--fidelity=mvm" && flag != "--schedule=sequential") {
      break;
    }
  }
  return sc_core::sc_elab_and_sim(argc, argv);
}
