#include "sim/explain.h"

#include "hw/config/config_loader.h"
#include "sim/report_json.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/rounds/rounds_on_chip.h"

namespace kirchhoff {
namespace {

class ExplainRoundsTest : public RoundsOnChip {};

// Of layers that share tiles, and of those that come in several rounds.
TEST_F(ExplainRoundsTest, EveryQuantityOfRandomNetworksReconciles) {
  RandomNetworks random(7);
  int explained = 0, divided = 0;
  for (int i = 0; i < 12; ++i) {
    const quant::Network network = random.network(32);
    const quant::Policy policy = random.policy(network);
    hw::ConfigLoader loader;
    loader.set_from_flag("crossbar.rows", "32");
    loader.set_from_flag("crossbar.cols", "32");
    loader.set_from_flag("tile.pes", i % 2 == 0 ? "1" : "3");
    loader.set_from_flag("chip.unused", i % 3 == 0 ? "gated_layers" : "gated");
    loader.set_from_flag("chip.schedule", i % 2 == 0 ? "sequential" : "pipelined");
    loader.set_from_flag("chip.write_tiles", i % 4 == 0 ? "1" : "0");
    // The fewest tiles that do, or all but one.
    const int need = tiles_of(network, policy, loader.finish());
    int tiles = i % 2 == 0 ? 1 : need - 1;
    while (tiles < need && !with_tiles(network, policy, loader.finish(), tiles)) ++tiles;
    if (tiles < 1 || tiles >= need) continue;
    loader.set_from_flag("chip.tiles", std::to_string(tiles));
    const hw::ChipConfig& config = loader.finish();
    SCOPED_TRACE(fmt::format("network {}: {} of {} tiles", i, config.tiles, need));
    sim::ExplainedReport report;
    report.report = cost(network, policy, config, 1 + i % 2);
    report.config = loader.entries();
    for (const sim::LayerReport& layer : report.report.layers) {
      const auto& tiles = layer.tile_reports;
      divided += tiles.front().round != tiles.back().round;
    }
    const sim::Explainer explainer(report);
    for (const std::string& quantity : explainer.quantities()) {
      const sim::Explanation e = explainer.explain(quantity);
      EXPECT_TRUE(e.reconciles()) << quantity << ": " << e.result << " against "
                                  << (e.reported ? *e.reported : -1.0);
    }
    EXPECT_NO_THROW(explainer.explain("rewriting.waiting"));
    ++explained;
  }
  EXPECT_GT(explained, 5);
  EXPECT_GT(divided, 0);
}

TEST_F(ExplainRoundsTest, ReportsOfRoundsAreReadAsTheyWereWritten) {
  RandomNetworks random(3);
  const quant::Network network = random.network(32);
  const quant::Policy policy = random.policy(network);
  hw::ChipConfig config = small_chip(32, 2, 9);
  config.tiles = tiles_of(network, policy, config) - 1;
  const sim::CostReport report = cost(network, policy, config);
  ASSERT_FALSE(report.rewriting.rounds.empty());
  const auto json = nlohmann::json::parse(sim::to_json(report.rewriting).dump());
  EXPECT_EQ(nlohmann::json(sim::to_json(sim::rewriting_from(sim::JsonNode(json, "report.json")))),
            json);
  const sim::Ledger ledger(mapping::resolve_mesh(network, config));
  for (const sim::LayerReport& layer : report.layers) {
    const auto one = nlohmann::json::parse(sim::to_json(layer, ledger, report.duration_ns).dump());
    const sim::LayerReport read = sim::layer_from(sim::JsonNode(one, "report.json"));
    EXPECT_EQ(nlohmann::json(sim::to_json(read, ledger, report.duration_ns)), one);
  }
}

}  // namespace
}  // namespace kirchhoff
