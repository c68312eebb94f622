#include "sim/health.h"

#include <gtest/gtest.h>

#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class HealthTest : public SystemCTest {};

TEST_F(HealthTest, SharesOfLenetByHand) {
  const quant::Network network = quant::lenet5();
  sim::Simulator simulator(network, {});
  const auto report = simulator.cost(quant::Policy::uniform(network, 6, 4));
  const sim::Health health = sim::health_of(report, simulator.config());
  ASSERT_EQ(health.layers.size(), 5);
  const auto& c1 = health.layers[quant::LayerId{0}];
  EXPECT_DOUBLE_EQ(c1.cells, 25.0 * 6 / (128 * 128));
  EXPECT_DOUBLE_EQ(c1.crossbars, 6.0 / 8);
  EXPECT_DOUBLE_EQ(c1.pes, 1.0 / 16);
  // A bit step of C1 takes six cycles, its conversions six.
  EXPECT_NEAR(c1.adc_busy, c1.pe_busy, 1e-9);
  EXPECT_EQ(c1.clipped, 0u);
  EXPECT_GT(c1.buffer_bits, 0);
  for (const auto& h : health.layers) {
    for (const double share :
         {h.cells, h.crossbars, h.pes, h.pe_busy, h.pe_busy_own, h.adc_busy, h.buffer}) {
      EXPECT_GE(share, 0);
      EXPECT_LE(share, 1);
    }
  }
  EXPECT_EQ(health.routers.size(), 6u);
  // Seven neighbours in a mesh of 3 x 2, a link each way; their flits are those of the layers.
  EXPECT_EQ(health.links.size(), 14u);
  std::uint64_t flits = 0, of_layers = 0;
  for (const auto& link : health.links) flits += link.flits;
  for (const auto& layer : report.layers) of_layers += layer.counters.at("link_flits");
  EXPECT_GT(flits, 0u);
  EXPECT_EQ(flits, of_layers);
  bool cells = false;
  for (const std::string& warning : health.warnings)
    cells = cells || warning == "C1 uses 0.92 % of its cells";
  EXPECT_TRUE(cells);
  const std::string text = sim::health_text(health, report);
  EXPECT_NE(text.find("warning: C1 uses 0.92 %"), std::string::npos);
}

// Of a concentrated mesh several tiles hang on one router, and there are fewer routers than tiles.
TEST_F(HealthTest, EveryTileNamesTheRouterThatItHangsOn) {
  for (const hw::NocTopology topology : {hw::NocTopology::kMesh, hw::NocTopology::kCmesh}) {
    hw::ChipConfig config;
    config.noc.topology = topology;
    config.tile.pes = 1;
    const quant::Network network = quant::lenet5();
    auto* const outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    {
      sim::Simulator simulator(network, config);
      const sim::CostReport report = simulator.cost(quant::Policy::uniform(network, 8, 8));
      const int side = config.noc.cluster_side();
      const int columns = (report.mesh_width + side - 1) / side;
      int tiles = 0;
      for (const sim::LayerReport& layer : report.layers) {
        for (const sim::TileReport& tile : layer.tile_reports) {
          const int x = index(tile.place) % report.mesh_width,
                    y = index(tile.place) / report.mesh_width;
          EXPECT_EQ(tile.router, hw::RouterId{y / side * columns + x / side})
              << "tile " << index(tile.tile);
          EXPECT_TRUE(report.routers.has(tile.router));
          ++tiles;
        }
      }
      EXPECT_GT(tiles, 5);
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
  }
}

TEST_F(HealthTest, ClippedConversionsAreCountedPerLayer) {
  const quant::Network network = quant::lenet5();
  hw::ChipConfig config;
  config.tile.pe.adc.bits = 4;
  sim::Simulator simulator(network, config);
  simulator.load(quant::random_integer_network(network, quant::Policy::uniform(network, 4, 4), 1));
  const auto result = simulator.run_image(quant::random_image(network.image, 1));
  const sim::Health health = sim::health_of(result.report, simulator.config());
  std::uint64_t clipped = 0;
  for (const auto& h : health.layers) clipped += h.clipped;
  EXPECT_GT(clipped, 0u);
  EXPECT_EQ(clipped, result.clipped_conversions);
  EXPECT_NE(sim::health_text(health, result.report).find("conversions clipped"), std::string::npos);
}

}  // namespace
}  // namespace kirchhoff
