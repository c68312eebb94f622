#include "sim/ledger.h"

#include <gtest/gtest.h>

#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class LedgerTest : public SystemCTest {
 protected:
  LedgerTest() : network_(quant::lenet5()), simulator_(network_, {}) {}
  const quant::Network network_;
  sim::Simulator simulator_;
};

TEST_F(LedgerTest, PartsSumToTotals) {
  for (const char* text : {"W8A8", "8/8,5/7,2/2,7/3,8/8"}) {
    const auto report = simulator_.cost(quant::parse_policy(text, network_));
    double energy = 0, power = 0, area = 0;
    for (const auto& layer : report.layers) {
      double of_layer = 0;
      for (const auto& entry : layer.energy) of_layer += entry.energy_pj();
      EXPECT_NEAR(of_layer, layer.energy_pj(), 1e-9 * of_layer);
      double components = 0;
      for (const auto& [name, pj] : layer.components_pj()) components += pj;
      EXPECT_DOUBLE_EQ(components, layer.energy_pj());
      energy += of_layer;
      for (const auto& entry : layer.instances) {
        power += entry.power_mw();
        area += entry.area_um2();
      }
    }
    EXPECT_NEAR(energy, report.energy_pj(), 1e-9 * energy);
    EXPECT_NEAR(power, report.power_rated_mw(), 1e-9 * power);
    EXPECT_NEAR(area, report.area_um2(), 1e-9 * area);
    EXPECT_DOUBLE_EQ(report.power_average_mw(), report.energy_pj() / report.latency_ns);
  }
}

// Event counts from the layer's shape alone, without the simulator.
TEST_F(LedgerTest, CountersEqualTheClosedForm) {
  const auto policy = quant::parse_policy("8/8,5/7,4/3,6/2,8/8", network_);
  const auto report = simulator_.cost(policy);
  for (const quant::LayerId l : network_.layers.ids()) {
    const quant::Layer& layer = network_.layers[l];
    const auto w = static_cast<std::uint64_t>(policy.layers[l].weight);
    const auto a = static_cast<std::uint64_t>(policy.layers[l].activation);
    const auto windows = static_cast<std::uint64_t>(layer.windows()),
               rows = static_cast<std::uint64_t>(layer.rows());
    const auto columns = static_cast<std::uint64_t>(layer.out_channels);
    const std::uint64_t row_blocks = (rows + 127) / 128;
    const auto& c = report.layers[l].counters;
    EXPECT_EQ(c.at("windows"), windows);
    EXPECT_EQ(c.at("conversions"), windows * a * w * row_blocks * columns);
    EXPECT_EQ(c.at("dac_drives"), windows * a * w * rows);
    EXPECT_EQ(c.at("cell_reads"), 2 * windows * a * w * rows * columns);
    EXPECT_EQ(c.at("bit_steps"), windows * a * row_blocks);
    EXPECT_EQ(c.at("samples"), c.at("conversions"));
    EXPECT_EQ(c.at("tile_adds"), windows * (row_blocks - 1) * columns);
    const bool last = l == network_.layers.last_id();
    EXPECT_EQ(c.at("requantised"), last ? 0 : windows * columns);
    EXPECT_EQ(c.at("pool_comparisons"), layer.pool == 1 ? 0 : windows * columns * 3 / 4);
  }
  // numbers of the first layer at W8A8: 784 windows, 8 x 8 bits, 6 columns
  EXPECT_EQ(report.layers[quant::LayerId{0}].counters.at("conversions"), 784u * 64 * 6);
}

// One component of one layer, by hand from counters and config.
TEST_F(LedgerTest, AnEnergyCanBeRecomputedByHand) {
  const hw::ChipConfig config;
  const auto report = simulator_.cost(quant::Policy::uniform(network_, 8, 8));
  const auto& c3 = report.layers[quant::LayerId{1}];
  const double conversion = 0.9 * (0.19488 * 8 + 4.2005e-4 * 256);
  const double leak_mw = 0.1 * (0.19488 * 8 + 4.2005e-4 * 256) * 1.2;
  const double adcs = 2 * 8;
  const double expected = static_cast<double>(c3.counters.at("conversions")) * conversion +
                          adcs * leak_mw * report.latency_ns;
  EXPECT_NEAR(c3.components_pj().at("adc"), expected, 1e-9 * expected);
  EXPECT_NEAR(conversion + leak_mw / 1.2, 1.6666, 1e-3);  // ISAAC's 2 mW at 1.2 GS/s

  const double edram =
      static_cast<double>(c3.counters.at("edram_reads") + c3.counters.at("edram_writes")) * 17.2 +
      0.46 * report.latency_ns;
  EXPECT_NEAR(c3.components_pj().at("edram"), edram, 1e-9 * edram);
  // Rated power of the layer's ADCs: 2 mW each.
  for (const auto& entry : c3.instances) {
    if (entry.component == "adc") {
      EXPECT_NEAR(entry.power_mw(), adcs * 2.0, 1e-2);
    } else if (entry.component == "crossbar") {
      EXPECT_DOUBLE_EQ(entry.power_mw(), 32 * 0.3);
    }
  }
}

TEST_F(LedgerTest, EveryFlitIsChargedToTheLayerThatSentIt) {
  const auto report = simulator_.cost(quant::Policy::uniform(network_, 8, 8));
  // The result: ten sums of 32 bits and a head, through the routers from OUT's tile to the host.
  EXPECT_EQ(report.layers[quant::LayerId{4}].counters.at("router_flits") % 11, 0u);
  for (const auto& layer : report.layers) EXPECT_GT(layer.counters.at("router_flits"), 0u);
}

TEST_F(LedgerTest, CostIsTheMeanOfTheThreeRatios) {
  const auto w8 = simulator_.cost(quant::Policy::uniform(network_, 8, 8));
  const auto w4 = simulator_.cost(quant::Policy::uniform(network_, 4, 4));
  const auto self = sim::ratios(w8, w8, {});
  EXPECT_DOUBLE_EQ(self.cost, 1.0);
  const auto r = sim::ratios(w4, w8, {});
  EXPECT_NEAR(r.cost, (r.latency + r.energy + r.power) / 3, 1e-12);
  EXPECT_LT(r.cost, 1.0);
}

TEST_F(LedgerTest, FewerBitsNeverCostMore) {
  double last[3] = {1e300, 1e300, 1e300};
  for (int bits = 8; bits >= 2; --bits) {
    const auto report = simulator_.cost(quant::Policy::uniform(network_, bits, bits));
    EXPECT_LT(report.latency_ns, last[0]);
    EXPECT_LT(report.energy_pj(), last[1]);
    EXPECT_LT(report.power_rated_mw(), last[2]);
    last[0] = report.latency_ns;
    last[1] = report.energy_pj();
    last[2] = report.power_rated_mw();
  }
}

}  // namespace
}  // namespace kirchhoff
