// Speed of the network alone: flits times routers passed per second, for both flow controls.

#include <cstdlib>
#include <map>
#include <memory>

#include <benchmark/benchmark.h>

#include "hw/noc/traffic_bench.h"

namespace {

using namespace kirchhoff;

/// A network in a kernel of its own: SystemC elaborates one model per kernel.
struct Network {
  sc_core::sc_simcontext* kernel = new sc_core::sc_simcontext;
  std::unique_ptr<hw::TrafficBench> bench;
};

// Uniform traffic on an 8 x 8 mesh at the rate of the argument, in thousandths; packets of 16
// flits.
template <hw::FlowControl flow_control>
void network(benchmark::State& state) {
  static Network network;
  sc_core::sc_curr_simcontext = network.kernel;
  if (!network.bench) {
    hw::NocConfig config;
    config.flow_control = flow_control;
    network.bench = std::make_unique<hw::TrafficBench>(8, 8, config, 1000);
  }
  hw::Traffic traffic;
  traffic.rate = static_cast<double>(state.range(0)) / 1000;
  traffic.packet_flits = 16;
  double flits = 0;
  for (auto _ : state) {
    const hw::TrafficPoint point = network.bench->run(traffic, 100, 10000);
    for (const hw::LinkLoad& link : point.links) flits += static_cast<double>(link.flits);
  }
  state.counters["flit_hops"] = benchmark::Counter(flits, benchmark::Counter::kIsRate);
}
BENCHMARK_TEMPLATE(network, hw::FlowControl::kCutThrough)
    ->Name("noc_cut_through")
    ->Arg(20)
    ->Arg(250)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_TEMPLATE(network, hw::FlowControl::kWormhole)
    ->Name("noc_wormhole")
    ->Arg(20)
    ->Arg(250)
    ->Unit(benchmark::kMillisecond);

}  // namespace

int sc_main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 1);
  return sc_core::sc_elab_and_sim(argc, argv);
}
