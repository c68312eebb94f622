#include "sim/ideal.h"

#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "sim/simulator.h"
#include "sim/witness.h"
#include "tests/sim/random_networks.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

int ceil_div(int a, int b) { return (a + b - 1) / b; }

/// Runs `visit` with the report of random networks, each on a chip of its own.
template <typename Visit>
void for_random_networks(const hw::ChipConfig& config, int count, std::uint64_t seed,
                         Visit&& visit) {
  RandomNetworks random(seed);
  sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
  for (int i = 0; i < count; ++i) {
    const quant::Network network = random.network(config.tile.pe.crossbar.rows);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, config);
      for (int k = 0; k < 3; ++k) {
        const quant::Policy policy = random.policy(network);
        visit(network, policy, simulator.cost(policy));
      }
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

class IdealTest : public SystemCTest {};

// Eq. (7) of the paper: 2 w crossbars per block of rows x columns.
TEST_F(IdealTest, CrossbarsFollowEquationSeven) {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
  for_random_networks(
      config, 4, 3, [](const auto& network, const auto& policy, const auto& report) {
        int sum = 0;
        for (const quant::LayerId l : network.layers.ids()) {
          const quant::Layer& layer = network.layers[l];
          const int expected =
              2 * policy.layers[l].weight *
              ceil_div(layer.input.channels * layer.kernel_height * layer.kernel_width, 32) *
              ceil_div(layer.out_channels, 32);
          EXPECT_EQ(report.layers[l].crossbars, expected);
          EXPECT_EQ(2 * report.layers[l].allocation.pairs, expected);
          sum += expected;
        }
        EXPECT_EQ(report.crossbars(), sum);
      });
}

// Eq. (8): sum over the layers of activation bits x windows. A layer takes exactly that many cycles
// and the fill of its pipeline, which does not depend on how many windows there are.
TEST_F(IdealTest, CyclesFollowEquationEight) {
  for_random_networks(sim::equation_eight(), 12, 4,
                      [](const auto& network, const auto& policy, const auto& report) {
                        for (const quant::LayerId l : network.layers.ids()) {
                          const auto& layer = report.layers[l];
                          const double expected =
                              1000.0 * policy.layers[l].activation * network.layers[l].windows();
                          EXPECT_DOUBLE_EQ(layer.ideal.step_ns, 1000);
                          EXPECT_DOUBLE_EQ(layer.ideal.latency_ns, expected);
                          double fill = 0, sum = layer.ideal.latency_ns;
                          for (const sim::Cause& cause : layer.causes) {
                            sum += cause.ns;
                            if (cause.name == "pipeline fill") fill = cause.ns;
                          }
                          EXPECT_NEAR(sum, layer.latency_ns, 1e-6);
                          // However many windows there are: no cycle is lost between them. The
                          // layer begins on an edge of the PE clock, which is a thousand times
                          // slower than the rest; its first product is ready for the next one.
                          EXPECT_LE(std::abs(layer.latency_ns - fill - expected), 1020)
                              << network.layers[l].name << " " << policy.to_string();
                        }
                      });
}

TEST_F(IdealTest, NoLayerIsFasterThanItsIdealAndCausesExplainTheRest) {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
  config.tile.pes = 3;
  for (const int kind : {0, 1, 2, 3}) {
    config.schedule = kind % 2 == 0 ? hw::Schedule::kSequential : hw::Schedule::kPipelined;
    config.tile.overlap = config.tile.pe.sample_hold.present = kind < 2;
    for_random_networks(config, 3, 9, [](const auto&, const auto&, const auto& report) {
      for (const auto& layer : report.layers) {
        EXPECT_GE(layer.latency_ns, layer.ideal.latency_ns - 10);
        EXPECT_LE(layer.ideal.energy_pj, layer.energy_pj());
        double sum = layer.ideal.latency_ns;
        for (const sim::Cause& cause : layer.causes) {
          EXPECT_NE(cause.name, "not attributed");
          sum += cause.ns;
        }
        EXPECT_NEAR(sum, layer.latency_ns, 1e-6);
      }
    });
  }
}

// Layers over several tiles and a slow network: waiting for packets is told apart.
TEST_F(IdealTest, WaitingForPacketsIsLatencySerialisationAndContention) {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = 32;
  config.tile.pes = 2;
  config.noc.flit_bits = 8;
  std::map<std::string, double> causes;
  for (const hw::Schedule schedule : {hw::Schedule::kSequential, hw::Schedule::kPipelined}) {
    config.schedule = schedule;
    for_random_networks(config, 3, 21, [&](const auto&, const auto&, const auto& report) {
      for (const auto& layer : report.layers) {
        double sum = layer.ideal.latency_ns;
        for (const sim::Cause& cause : layer.causes) {
          sum += cause.ns;
          causes[cause.name] += cause.ns;
          EXPECT_TRUE(cause.ns > -0.01 || cause.name == "products beyond the ideal")
              << cause.name << " " << cause.ns;
        }
        EXPECT_NEAR(sum, layer.latency_ns, 1e-6);
      }
    });
  }
  for (const char* name :
       {"partial sums of other tiles", "NoC latency", "NoC serialisation", "NoC contention", "bus"})
    EXPECT_GT(causes[name], 0) << name;
  // Eight bits per flit: what packets cost is mostly their length.
  EXPECT_GT(causes["NoC serialisation"], causes["NoC latency"]);
}

TEST(BitStepTest, IsTheLongerOfReadAndConversionOrTheSumOfAllStages) {
  hw::ChipConfig config;  // drive 2, read 4 cycles of 1/1.2 ns
  const double cycle = 1 / 1.2;
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 4), 6 * cycle, 1e-9);
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}, {128, 100, hw::PeId{1}}}, 4),
              100 * cycle, 1e-9);
  config.tile.pe.overlap = false;
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 4), (2 + 4 + 5 + 1) * cycle,
              1e-9);
  // Without sample-and-holds: all of it for every column that an ADC takes.
  config.tile.pe.sample_hold.present = false;
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 4), 5 * (2 + 4 + 1 + 1) * cycle,
              1e-9);
  config.tile.pe.overlap = true;
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 4), 5 * (2 + 4 + 1) * cycle,
              1e-9);
}

TEST(BitStepTest, TakesAReadForEveryGroupOfRowsAndAPulseForEveryLevel) {
  hw::ChipConfig config;
  const double cycle = 1 / 1.2;
  config.tile.pe.crossbar.rows_per_read = 16;
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 4), 8 * 6 * cycle, 1e-9);
  EXPECT_NEAR(sim::ideal_step_ns(config, {{20, 5, hw::PeId{0}}, {16, 20, hw::PeId{0}}}, 4),
              20 * cycle, 1e-9);
  config.tile.pe.crossbar.rows_per_read = 0;
  config.tile.pe.dac.bits = 3;  // of 5 bits 3 and 2
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 5), 6 * cycle, 1e-9);
  config.tile.pe.dac.levels = hw::DacLevels::kPulses;
  EXPECT_NEAR(sim::ideal_step_ns(config, {{128, 5, hw::PeId{0}}}, 5),
              (2 + (7 + 3) / 2.0 * 4) * cycle, 1e-9);
}

}  // namespace
}  // namespace kirchhoff
