#include "sim/witness.h"

#include <algorithm>

#include <fmt/format.h>

#include "hw/noc/traffic_bench.h"
#include "hw/pe/conversion.h"
#include "quant/network/networks.h"
#include "sim/own_kernel.h"
#include "sim/simulator.h"

namespace kirchhoff::sim {

namespace {

CostReport cost(const quant::Network& network, const hw::ChipConfig& config,
                const quant::Policy& policy) {
  return on_own_kernel([&] { return Simulator(network, config).cost(policy); });
}

/// One layer of 128 x 128 weights on `width` windows, followed by what a network needs.
quant::Network one_ima(int width) {
  quant::Network network;
  network.name = "one-ima";
  network.image = {128, 1, width};
  quant::Layer layer;
  layer.name = "IMA";
  layer.inputs = {quant::kImage};
  layer.input = network.image;
  layer.out_channels = 128;
  layer.kernel_height = layer.kernel_width = 1;
  network.layers.push_back(layer);
  quant::Layer last;
  last.name = "OUT";
  last.kind = quant::LayerKind::kFullyConnected;
  last.inputs = {quant::TensorId{1}};
  last.input = {128, 1, width};
  last.kernel_height = 1;
  last.kernel_width = width;
  last.out_channels = 2;
  last.function = quant::Function::none();
  network.layers.push_back(last);
  return network;
}

CostReport windows_of_an_ima(int width, int bits, const hw::ChipConfig& config) {
  const quant::Network network = one_ima(width);
  return cost(network, config, quant::Policy::uniform(network, bits, bits));
}

double first_layer_ns(const CostReport& report) {
  return report.layers[quant::LayerId{0}].latency_ns;
}

/// Fig. 4b: 22 cycles of 100 ns for 16-bit inputs, a new window every 16; B + 6 and B for B bits.
void add_pipeline(const hw::ChipConfig& config, Witnesses& all) {
  for (const int bits : {16, 8, 4}) {
    const double one = first_layer_ns(windows_of_an_ima(1, bits, config)),
                 five = first_layer_ns(windows_of_an_ima(5, bits, config));
    all.push_back({"ISAAC section VI", fmt::format("one window, {}-bit inputs", bits), "cycles",
                   bits + 6.0, one / 100, kExact});
    all.push_back({"ISAAC section VI", fmt::format("interval of windows, {}-bit inputs", bits),
                   "cycles", 1.0 * bits, (five - one) / 400, kExact});
  }
}

/// Table I over the 16 cycles of a window.
void add_ima(const hw::ChipConfig& config, Witnesses& all) {
  const CostReport report = windows_of_an_ima(1, 16, config);
  const LayerReport& layer = report.layers[quant::LayerId{0}];
  const auto components = layer.components_pj();
  all.push_back({"ISAAC Table I", "conversions of one IMA and window, 16-bit MACs", "", 128.0 * 128,
                 static_cast<double>(layer.counters.at("conversions")), 0.0});
  struct Row {
    const char* component;
    double nj, bar;
  };
  // The sum of the inputs is added, too: 128 additions beside 16,384.
  constexpr Row kRows[] = {{"adc", 25.6, 0.001},
                           {"dac", 6.4, 0.001},
                           {"crossbar", 3.84, 0.001},
                           {"input_register", 1.984, 0.001},
                           {"output_register", 0.368, 0.001},
                           {"shift_adder", 0.32, 0.003},
                           {"sample_hold", 0.016, 0.001}};
  double ima = components.at("subtractor");
  for (const Row& row : kRows) {
    const double ours = components.at(row.component) / 1e3;
    ima += components.at(row.component);
    all.push_back({"ISAAC Table I", fmt::format("energy of an IMA's window: {}", row.component),
                   "nJ", row.nj, ours, row.bar});
  }
  // Published to three digits.
  all.push_back({"ISAAC Table I", "energy of an IMA over 16 cycles", "nJ", 38.5, ima / 1e3, 0.05});
}

/// Every IMA has a window under way at any time; the interval comes from the simulation.
void add_chip(const hw::ChipConfig& preset, const hw::ChipConfig& small, Witnesses& all) {
  const double tiles = preset.mesh_width * preset.mesh_height;
  const double chip_w = chip_power_rated_mw(preset) / 1e3;
  all.push_back({"ISAAC Table I", "tiles of a chip", "", 168, tiles, 0.0});
  all.push_back({"ISAAC Table I", "tile, rated", "mW", 329.8, (chip_w * 1e3 - 10400) / tiles, 0.1});
  all.push_back({"ISAAC Table I", "chip, rated", "W", 65.84, chip_w, 0.05});
  all.push_back({"ISAAC Table I", "chip", "mm2", 85.4, chip_area_um2(preset) / 1e6, 0.1});
  const double interval_ns = (first_layer_ns(windows_of_an_ima(33, 16, small)) -
                              first_layer_ns(windows_of_an_ima(1, 16, small))) /
                             32;
  const double gops = 2.0 * 128 * 128 * preset.tile.pes * tiles / interval_ns;
  all.push_back({"ISAAC Table IV", "peak", "GOPS", 41288, gops, 1.0});
  all.push_back({"ISAAC Table IV", "efficiency", "GOPS/W", 627.5, gops / chip_w, 0.5});
}

hw::NocConfig booksim_router() {
  hw::NocConfig config;
  config.flow_control = hw::FlowControl::kWormhole;
  config.packet_flits = 0;
  config.vcs = 2;
  config.buffer_flits = 4;
  return config;
}

hw::TrafficPoint uniform_traffic(int side, int packet_flits, hw::Cycle cycles) {
  return on_own_kernel([&] {
    hw::Traffic traffic;
    traffic.pattern = hw::TrafficPattern::kUniform;
    traffic.rate = 0.02;
    traffic.packet_flits = packet_flits;
    return hw::TrafficBench(side, side, booksim_router(), 1000).run(traffic, 1000, cycles);
  });
}

/// Crossbars of eq. (7), by the equation's own words.
double equation_seven(const quant::Network& network, const quant::Policy& policy) {
  const auto up = [](int a, int b) { return (a + b - 1) / b; };
  double crossbars = 0;
  for (const quant::LayerId l : network.layers.ids()) {
    const quant::Layer& layer = network.layers[l];
    crossbars += 2.0 * policy.layers[l].weight *
                 up(layer.input.channels * layer.kernel_height * layer.kernel_width, 128) *
                 up(layer.out_channels, 128);
  }
  return crossbars;
}

/// Cycles in which the layers of a chip of eq. (8) compute, without the fill of their pipelines.
double computing_cycles(const CostReport& report) {
  double cycles = 0;
  for (const LayerReport& layer : report.layers) {
    double ns = layer.latency_ns;
    for (const Cause& cause : layer.causes) ns -= cause.name == "pipeline fill" ? cause.ns : 0;
    cycles += ns / 1000;
  }
  return cycles;
}

int least_lossless_bits(hw::PeConfig pe) {
  for (pe.adc.bits = 1; pe.adc.bits < 16; ++pe.adc.bits) {
    if (hw::lossless(pe, pe.crossbar.rows)) break;
  }
  return pe.adc.bits;
}

}  // namespace

Witnesses isaac_witnesses(const hw::ChipConfig& preset) {
  // Nothing that a single IMA does depends on the number of tiles.
  hw::ChipConfig small = preset;
  small.mesh_width = small.mesh_height = 2;
  Witnesses all;
  add_pipeline(small, all);
  add_ima(small, all);
  add_chip(preset, small, all);
  const CostReport report = windows_of_an_ima(16, 16, small);
  double stalls = 0;
  for (const RouterReport& router : report.routers)
    stalls += static_cast<double>(router.stall_cycles);
  // Its schedule is static: packets never meet.
  all.push_back({"ISAAC section VI", "stalls of the network", "cycles", 0, stalls, 0.0});
  return all;
}

Witnesses paper_witnesses(const hw::ChipConfig& preset) {
  Witnesses all;
  struct Row {
    const char* network;
    double latency_ms, energy_mj, power_w;
    bool like_ours;  ///< energy and power; else a conversion is not one per used column
  };
  constexpr Row kRows[] = {{"lenet5", 0.16, 0.0023, 0.80, false},
                           {"vgg13", 6.11, 6.67, 139.78, true}};
  for (const Row& row : kRows) {
    const quant::Network network = quant::find_network(row.network);
    const CostReport report = cost(network, preset, quant::Policy::uniform(network, 8, 8));
    const auto add = [&](const char* figure, const char* unit, double published, double ours,
                         bool held) {
      Witness witness{"paper Table 5",
                      fmt::format("{} W8A8: {}", row.network, figure),
                      unit,
                      published,
                      ours,
                      {}};
      if (held) witness.bar = 0.25 * published;
      all.push_back(std::move(witness));
    };
    add("latency", "ms", row.latency_ms, report.latency_ns / 1e6, true);
    add("energy", "mJ", row.energy_mj, report.energy_pj() / 1e9, row.like_ours);
    add("rated power", "W", row.power_w, report.power_rated_mw() / 1e3, row.like_ours);
  }
  // A policy whose cost is 0.7 of that of W8A8; the paper's own is not published.
  const quant::Network network = quant::find_network("vgg13");
  double macs = 0;
  for (const quant::Layer& layer : network.layers) macs += static_cast<double>(layer.macs());
  const double pj = cost(network, preset, quant::Policy::uniform(network, 6, 6)).energy_pj();
  all.push_back(
      {"paper Table 8", "vgg13 at th 0.7, here W6A6", "GOPS/W", 454.8, 2e3 * macs / pj, {}});
  return all;
}

Witnesses booksim_witnesses() {
  const hw::TrafficPoint one = uniform_traffic(8, 1, 10000), four = uniform_traffic(8, 4, 10000),
                         small = uniform_traffic(4, 1, 20000);
  return {{"BookSim 2", "8 x 8 mesh, single flits: routers passed", "", 6.23, one.hops + 1, 0.05},
          {"BookSim 2", "8 x 8 mesh, single flits: latency", "cycles", 33.3, one.flit_mean,
           0.05 * 33.3},
          {"BookSim 2", "8 x 8 mesh, packets of 4 flits: latency", "cycles", 36.4, four.mean,
           0.05 * 36.4},
          {"BookSim 2", "4 x 4 mesh, single flits: routers passed", "", 3.54, small.hops + 1, 0.06},
          {"BookSim 2", "4 x 4 mesh, single flits: latency", "cycles", 20.2, small.flit_mean,
           0.05 * 20.2}};
}

Witnesses equation_witnesses() {
  Witnesses all;
  const std::pair<const char*, int> networks[] = {{"lenet5", 8}, {"vgg13", 6}};
  for (const auto& [name, bits] : networks) {
    const quant::Network network = quant::find_network(name);
    const quant::Policy policy = quant::Policy::uniform(network, bits, bits);
    all.push_back({"paper eq. (7)", fmt::format("{} W{}A{}: crossbars", name, bits, bits), "",
                   equation_seven(network, policy),
                   static_cast<double>(cost(network, {}, policy).crossbars()), 0.0});
  }
  const quant::Network network = quant::find_network("lenet5");
  const quant::Policy policy = quant::Policy::uniform(network, 6, 4);
  double cycles = 0;
  for (const quant::LayerId l : network.layers.ids())
    cycles += 1.0 * policy.layers[l].activation * network.layers[l].windows();
  // A layer begins on an edge of the PE clock, and hands on within the next.
  all.push_back({"paper eq. (8)", "lenet5 W6A4: input cycles", "cycles", cycles,
                 computing_cycles(cost(network, equation_eight(), policy)),
                 1.02 * network.layers.size()});
  all.push_back({"paper eq. (9)", "bits of a column's sum, 128 rows", "bit", 9,
                 1.0 * least_lossless_bits({}), 0.0});
  return all;
}

hw::ChipConfig equation_eight() {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
  config.clock.pe_mhz = 1;
  config.clock.tile_mhz = 1000;
  config.clock.noc_mhz = 1000;
  config.tile.pe.dac.drive = hw::Duration::nanoseconds(0);
  config.tile.pe.crossbar.read = hw::Duration::nanoseconds(1000);
  config.tile.pe.sample_hold.acquire = hw::Duration::nanoseconds(0);
  config.tile.pe.adc.per_pair = 32;
  config.tile.pe.adc.cycles = 1;
  // Else a product of two bit steps waits for an output slot.
  config.tile.pe.shift_adder.cycles = 0;
  config.noc.flit_bits = 1024;
  return config;
}

}  // namespace kirchhoff::sim
