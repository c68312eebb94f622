#include <algorithm>

#include <gtest/gtest.h>

#include "quant/network/networks.h"
#include "sim/collect.h"
#include "sim/ledger.h"
#include "sim/simulator.h"
#include "tests/sim/random_networks.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

/// Runs `visit` with a simulator in a kernel of its own.
template <typename Visit>
void on_own_chip(const quant::Network& network, const hw::ChipConfig& config, Visit&& visit) {
  sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  {
    sim::Simulator simulator(network, config);
    visit(simulator);
  }
  delete sc_core::sc_curr_simcontext;
  sc_core::sc_curr_simcontext = outer;
}

void expect_no_more(const sim::Allocation& part, const sim::Allocation& whole) {
  EXPECT_LE(part.tiles, whole.tiles);
  EXPECT_LE(part.pes, whole.pes);
  EXPECT_LE(part.pairs, whole.pairs);
  EXPECT_LE(part.dacs, whole.dacs);
  EXPECT_LE(part.columns, whole.columns);
  EXPECT_LE(part.adcs, whole.adcs);
  EXPECT_LE(part.cells, whole.cells);
  EXPECT_LE(part.routers, whole.routers + 1e-9);
  EXPECT_LE(part.links, whole.links + 1e-9);
}

double leakage_mw(const hw::ChipConfig& config, const sim::Allocation& allocation) {
  double sum = 0;
  for (const auto& entry : sim::Ledger(config).energy(allocation, {}, 1, 1))
    sum += entry.instances * entry.each_pj;
  return sum;
}

void expect_sane(const sim::CostReport& report, const hw::ChipConfig& config) {
  const sim::Allocation none, chip = sim::chip_allocation(config);
  sim::Allocation used;
  for (const auto& layer : report.layers) {
    used += layer.allocation;
    for (const auto& tile : layer.tile_reports) expect_no_more(none, tile.allocation);
    for (const auto& entry : layer.energy)
      EXPECT_GE(entry.energy_pj(), 0) << layer.name << " " << entry.component << entry.event;
    for (const auto& entry : layer.instances) {
      EXPECT_GE(entry.power_mw(), 0) << entry.component;
      EXPECT_GE(entry.area_um2(), 0) << entry.component;
    }
    EXPECT_LE(layer.ideal.energy_pj, layer.energy_pj() * (1 + 1e-12));
  }
  expect_no_more(used, chip);
  expect_no_more(none, report.unused.allocation);
  for (const auto& entry : report.unused.energy) {
    EXPECT_GE(entry.count, 0) << entry.component;
    EXPECT_GE(entry.energy_pj(), 0) << entry.component;
  }
  EXPECT_LE(report.area_um2(), sim::chip_area_um2(config) * (1 + 1e-12));
  double rated = report.power_rated_mw() - report.unused.power_rated_mw();
  EXPECT_LE(rated, sim::chip_power_rated_mw(config) * (1 + 1e-12));
  EXPECT_LE(leakage_mw(config, used), leakage_mw(config, chip) * (1 + 1e-12));
  if (config.unused == hw::Unused::kIdle) {
    EXPECT_NEAR(leakage_mw(config, used) + report.unused.power_rated_mw(), leakage_mw(config, chip),
                1e-9 * leakage_mw(config, chip));
  }
}

class AllocationTest : public SystemCTest {};

// No part of a chip is larger than the chip, nothing is less than no hardware.
TEST_F(AllocationTest, PartsOfRandomChipsAreNotMoreThanTheChip) {
  RandomNetworks random(31);
  for (int i = 0; i < 48; ++i) {
    hw::ChipConfig config;
    hw::PeConfig& pe = config.tile.pe;
    pe.crossbar.rows = pe.crossbar.cols = 32;
    pe.crossbar.cell_bits = random.pick({1, 2, 4});
    pe.encoding = random.pick({0, 1}) == 0 ? hw::Encoding::kOffset : hw::Encoding::kDifferential;
    pe.input_sum = random.pick({0, 1, 1}) == 0 ? hw::InputSum::kDigital : hw::InputSum::kUnitColumn;
    pe.pairs = random.pick({8, 9, 16});
    pe.adc.per_pair = random.pick({1, 3, 31, 32});
    pe.sample_hold.present = random.pick({0, 1}) == 0;
    config.tile.pes = random.pick({2, 3, 8});
    config.mapping.pack = random.pick({0, 1}) == 0 ? hw::Pack::kOff : hw::Pack::kOn;
    config.noc.topology =
        random.pick({0, 1}) == 0 ? hw::NocTopology::kMesh : hw::NocTopology::kCmesh;
    config.noc.concentration = random.pick({4, 9});
    config.unused = i % 3 == 0   ? hw::Unused::kGated
                    : i % 3 == 1 ? hw::Unused::kIdle
                                 : hw::Unused::kGatedLayers;
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    SCOPED_TRACE(fmt::format("chip {} policy {}", i, policy.to_string()));
    on_own_chip(network, config, [&](sim::Simulator& simulator) {
      expect_sane(simulator.cost(policy), simulator.config());
    });
  }
}

// A layer that fills its arrays, each with a unit column beside those for weights.
TEST_F(AllocationTest, AFullArrayHasRoomForItsUnitColumn) {
  quant::Network network;
  network.name = "full";
  network.image = {128, 1, 1};
  quant::Layer layer;
  layer.name = "FC";
  layer.kind = quant::LayerKind::kFullyConnected;
  layer.input = network.image;
  layer.out_channels = 128;
  layer.function = quant::Function::none();
  network.layers.push_back(layer);
  hw::ChipConfig config;
  config.tile.pes = 1;
  config.tile.pe.encoding = hw::Encoding::kOffset;
  config.unused = hw::Unused::kIdle;
  on_own_chip(network, config, [&](sim::Simulator& simulator) {
    const auto report = simulator.cost(quant::Policy::uniform(network, 8, 8));
    EXPECT_EQ(report.layers[quant::LayerId{0}].allocation.columns, 8 * 129);
    EXPECT_EQ(report.unused.allocation.columns, 0);
    EXPECT_EQ(report.unused.allocation.cells, 0);
    EXPECT_DOUBLE_EQ(report.area_um2(), sim::chip_area_um2(simulator.config()));
    expect_sane(report, simulator.config());
  });
}

class GatedLayersTest : public SystemCTest {};

// A layer leaks while it works and for its wake-up; what keeps or brings its data leaks on.
TEST_F(GatedLayersTest, WaitingLayersAreSwitchedOff) {
  const quant::Network network = quant::lenet5();
  const auto w8 = quant::Policy::uniform(network, 8, 8);
  sim::CostReport leaking, gated;
  hw::ChipConfig config;
  on_own_chip(network, config, [&](sim::Simulator& s) { leaking = s.cost(w8); });
  config.unused = hw::Unused::kGatedLayers;
  on_own_chip(network, config, [&](sim::Simulator& s) { gated = s.cost(w8); });
  EXPECT_LT(gated.energy_pj(), leaking.energy_pj());
  EXPECT_EQ(gated.power_rated_mw(), leaking.power_rated_mw());
  // Every layer in turn notices its first window and wakes for 100 ns.
  EXPECT_NEAR(gated.latency_ns, leaking.latency_ns + 5 * 100, 5 * 2 / 1.2);
  for (const quant::LayerId l : leaking.layers.ids()) {
    const auto &a = leaking.layers[l], &b = gated.layers[l];
    EXPECT_NEAR(a.latency_ns, b.latency_ns, 10) << b.name;
    for (std::size_t i = 0; i < a.energy.size(); ++i) {
      const auto &before = a.energy[i], &now = b.energy[i];
      EXPECT_EQ(before.component, now.component);
      if (!before.leaks()) {
        EXPECT_EQ(before.energy_pj(), now.energy_pj()) << now.component;
        continue;
      }
      EXPECT_EQ(before.instances, now.instances);
      const bool on = now.component == "edram" || now.component == "bus" ||
                      now.component == "controller" || now.component == "router" ||
                      now.component == "link";
      EXPECT_EQ(now.leaks_awake(), !on) << now.component;
      EXPECT_DOUBLE_EQ(now.count,
                       now.instances * (on ? gated.duration_ns : b.latency_ns + 100 + 1000))
          << b.name << " " << now.component;
    }
  }
}

TEST_F(GatedLayersTest, AWakeUpThatCostsNothingOnlySaves) {
  RandomNetworks random(8);
  for (const hw::Schedule schedule : {hw::Schedule::kSequential, hw::Schedule::kPipelined}) {
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config;
    config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
    config.schedule = schedule;
    config.wake = config.wake_leak = hw::Duration::nanoseconds(0);
    sim::CostReport leaking, gated;
    on_own_chip(network, config, [&](sim::Simulator& s) { leaking = s.cost(policy); });
    config.unused = hw::Unused::kGatedLayers;
    on_own_chip(network, config, [&](sim::Simulator& s) { gated = s.cost(policy); });
    EXPECT_EQ(gated.latency_ns, leaking.latency_ns);
    EXPECT_LT(gated.energy_pj(), leaking.energy_pj());
  }
}

}  // namespace
}  // namespace kirchhoff
