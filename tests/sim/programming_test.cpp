#include "sim/programming.h"

#include <gtest/gtest.h>

#include "hw/cells/write_effort.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/sim/random_networks.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

quant::Network one_array() {
  quant::Layer layer;
  layer.name = "FC";
  layer.kind = quant::LayerKind::kFullyConnected;
  layer.input = {128, 1, 1};
  layer.out_channels = 128;
  layer.function = quant::Function::none();
  quant::Network network;
  network.name = "array";
  network.image = layer.input;
  network.layers = {layer};
  return network;
}

class ProgrammingTest : public SystemCTest {};

// One pulse of 0.6 pJ and 10 ns per cell, a row of 128 at a time: 9.8 nJ and 1.28 us per array.
TEST_F(ProgrammingTest, AnArrayTakes1280NsAnd9830Pj) {
  const quant::Network network = one_array();
  sim::Simulator simulator(network, {});
  const auto p = simulator.cost(quant::Policy::uniform(network, 2, 8)).programming;
  EXPECT_EQ(p.arrays, 4);
  EXPECT_EQ(p.rows, 4 * 128);
  EXPECT_DOUBLE_EQ(p.energy_pj / 4, 128 * 128 * 0.6);
  EXPECT_DOUBLE_EQ(p.time_ns / 4, 1280);
  EXPECT_EQ(p.writes_per_cell, 1);
  EXPECT_EQ(p.reloads, 1e6);
}

TEST_F(ProgrammingTest, CrossbarsAndTilesAreWrittenAtOnceAsConfigured) {
  const quant::Network network = quant::lenet5();
  sim::Simulator simulator(network, {});
  const auto report = simulator.cost(quant::Policy::uniform(network, 4, 8));
  hw::ChipConfig config = simulator.config();
  // C1: 1 block of 25 rows; C3: 128 + 22; C5: 3 x 128 + 16; F6: 120; OUT: 84. 8 crossbars each.
  EXPECT_DOUBLE_EQ(report.programming.time_ns, 400 * 8 * 10.0);
  config.write_tiles = 1;
  EXPECT_DOUBLE_EQ(sim::programming_cost(config, report).time_ns,
                   (25 + 150 + 400 + 120 + 84) * 8 * 10.0);
  config.write_tiles = 0;
  config.tile.write_arrays = 8;
  EXPECT_DOUBLE_EQ(sim::programming_cost(config, report).time_ns, 400 * 10.0);
  config.tile.write_arrays = 1000;
  EXPECT_DOUBLE_EQ(sim::programming_cost(config, report).time_ns, 128 * 10.0);
  config.tile.pe.crossbar.write_pulses = 5;
  const auto verified = sim::programming_cost(config, report);
  EXPECT_DOUBLE_EQ(verified.time_ns, 5 * 128 * 10.0);
  EXPECT_DOUBLE_EQ(verified.energy_pj, 5 * report.programming.energy_pj);
  EXPECT_EQ(verified.writes_per_cell, 5);
  EXPECT_EQ(verified.reloads, 2e5);
}

TEST_F(ProgrammingTest, VerifiedCellsAreWrittenSeveralTimes) {
  const quant::Network network = quant::lenet5();
  sim::Simulator simulator(network, {});
  const auto report = simulator.cost(quant::Policy::uniform(network, 4, 8));
  hw::ChipConfig config = simulator.config();
  hw::CellsConfig& cells = config.tile.pe.cells;
  cells.spread = hw::CellSpread::kNormal;
  cells.sigma = 0.1;
  const auto once = sim::programming_cost(config, report);
  EXPECT_EQ(once.time_ns, report.programming.time_ns);
  cells.verify_tolerance = 0.1;
  const auto verified = sim::programming_cost(config, report);
  const hw::WriteEffort effort = hw::write_effort(cells, 1, 128);
  EXPECT_GT(effort.of_cell, 1.2);
  EXPECT_GT(effort.of_row, effort.of_cell);
  EXPECT_DOUBLE_EQ(verified.writes_per_cell, effort.of_cell);
  EXPECT_DOUBLE_EQ(verified.energy_pj, effort.of_cell * once.energy_pj);
  EXPECT_DOUBLE_EQ(verified.time_ns, once.time_ns / 10.0 * effort.of_row * (10.0 + 3.16));
  EXPECT_DOUBLE_EQ(verified.reloads, 1e6 / effort.of_cell);
}

TEST_F(ProgrammingTest, OnlyChangedCellsAreWrittenAgain) {
  const quant::Network network = quant::lenet5();
  const hw::ChipConfig config = mapping::resolve_mesh(network, {});
  const auto program = [&](const char* policy, std::uint64_t seed) {
    const auto integers =
        quant::random_integer_network(network, quant::parse_policy(policy, network), seed);
    return mapping::assemble(integers, mapping::map_network(network, integers.policy, config),
                             config);
  };
  const auto a = program("W6A4", 1), b = program("W6A4", 2), wider = program("W8A4", 1);
  const auto none = sim::reprogramming_cost(config, a, a);
  EXPECT_EQ(none.cells, 0);
  EXPECT_EQ(none.time_ns, 0);
  const auto other = sim::reprogramming_cost(config, a, b);
  const auto back = sim::reprogramming_cost(config, b, a);
  EXPECT_GT(other.cells, 0);
  EXPECT_EQ(other.cells, back.cells);
  EXPECT_DOUBLE_EQ(other.energy_pj, static_cast<double>(other.cells) * 0.6);
  EXPECT_GT(sim::reprogramming_cost(config, a, wider).cells, 0);
  // Erased crossbars: the ones only, at most half of what was allocated.
  const auto first = sim::reprogramming_cost(config, {}, a);
  EXPECT_GT(first.cells, 0);
  EXPECT_LT(first.cells, 2LL * 6 * network.layers[quant::LayerId{2}].rows() *
                             network.layers[quant::LayerId{2}].out_channels);
}

class UnusedHardwareTest : public SystemCTest {};

TEST_F(UnusedHardwareTest, GatedCostsNothing) {
  const quant::Network network = quant::lenet5();
  sim::Simulator simulator(network, {});
  const auto report = simulator.cost(quant::Policy::uniform(network, 4, 4));
  EXPECT_TRUE(report.unused.energy.empty());
  EXPECT_EQ(report.unused.energy_pj(), 0);
}

TEST_F(UnusedHardwareTest, IdleLeaksAsMuchAsTheWholeChip) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  config.unused = hw::Unused::kIdle;
  sim::Simulator simulator(network, config);
  for (const int bits : {8, 3}) {
    const auto report = simulator.cost(quant::Policy::uniform(network, bits, bits));
    double leakage_mw = report.unused.power_rated_mw(), events_pj = 0, rated_mw = leakage_mw;
    for (const auto& layer : report.layers) {
      rated_mw += layer.power_rated_mw();
      for (const auto& e : layer.energy) {
        if (e.event == "leakage") {
          leakage_mw += e.instances * e.each_pj;
        } else {
          events_pj += e.energy_pj();
        }
      }
    }
    // 6 tiles of 16 PEs of 8 pairs; by hand.
    const double pair = 128 * 0.00039 + 128 * 0.00000098 + 0.199988736 + 0.005;
    const double pe = 8 * pair + 0.743 + 0.092;
    const double tile = 16 * pe + 0.46 + 1 + 0.005 + 1.29 + 0.192 + 0.05 + 1.3 +
                        config.tile.line_buffer.access.leak.milliwatts();
    const double links = 14 * 0.61 * 0.015;
    EXPECT_NEAR(leakage_mw, 6 * tile + links, 1e-9 * leakage_mw);
    EXPECT_NEAR(report.energy_pj(), events_pj + leakage_mw * report.duration_ns,
                1e-9 * report.energy_pj());
    EXPECT_NEAR(report.power_rated_mw(), rated_mw, 1e-9 * rated_mw);
  }
}

}  // namespace
}  // namespace kirchhoff
