#include "sim/report_json.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class ReportJsonTest : public SystemCTest {
 protected:
  ReportJsonTest() : network_(quant::lenet5()), simulator_(network_, idle()), ledger_(idle()) {
    report_ = simulator_.cost(quant::Policy::uniform(network_, 5, 3));
  }
  static hw::ChipConfig idle() {
    hw::ChipConfig config;
    config.unused = hw::Unused::kIdle;
    return config;
  }
  nlohmann::ordered_json written(const sim::LayerReport& layer) const {
    return sim::to_json(layer, ledger_, report_.duration_ns);
  }

  const quant::Network network_;
  sim::Simulator simulator_;
  const sim::Ledger ledger_;
  sim::CostReport report_;
};

TEST_F(ReportJsonTest, WhatIsReadIsWhatWasWritten) {
  for (const sim::LayerReport& layer : report_.layers) {
    const auto document = nlohmann::json::parse(written(layer).dump());
    const sim::LayerReport read = sim::layer_from(sim::JsonNode(document, "report.json"));
    EXPECT_EQ(written(read), written(layer));
    EXPECT_EQ(read.tile_reports.front().layer_ns, layer.latency_ns);
  }
  const auto unused = nlohmann::json::parse(sim::to_json(report_.unused).dump());
  ASSERT_FALSE(unused["ledger"].empty());
  EXPECT_EQ(sim::to_json(sim::unused_from(sim::JsonNode(unused, "report.json"))),
            sim::to_json(report_.unused));
}

TEST_F(ReportJsonTest, ARunIsReadAsItWasWritten) {
  for (const int images : {1, 3}) {
    const sim::CostReport run = simulator_.cost(quant::Policy::uniform(network_, 4, 4), images);
    const auto json = sim::to_json(run, 7.5);
    EXPECT_EQ(json["area_chip_um2"], 7.5);
    EXPECT_EQ(json["energy_pj"], run.energy_pj());
    EXPECT_EQ(json.contains("throughput_per_s"), images > 1);
    const auto document = nlohmann::json::parse(json.dump());
    const sim::CostReport read = sim::run_from(sim::JsonNode(document, "report.json"));
    EXPECT_EQ(read.images, images);
    EXPECT_EQ(read.latency_ns, run.latency_ns);
    EXPECT_EQ(read.duration_ns, run.duration_ns);
    EXPECT_EQ(read.interval_ns, run.interval_ns);
    EXPECT_EQ(read.cycles, run.cycles);
    EXPECT_EQ(read.mesh_width, run.mesh_width);
    EXPECT_EQ(read.mesh_height, run.mesh_height);
    EXPECT_TRUE(read.layers.empty());
  }
}

TEST_F(ReportJsonTest, AReportOfAnEarlierVersionHasOnlyTheRouter) {
  auto document = nlohmann::json::parse(written(report_.layers[quant::LayerId{1}]).dump());
  document["per_tile"][0]["router"] = 5u;
  document["per_tile"][0].erase("node");
  const sim::LayerReport read = sim::layer_from(sim::JsonNode(document, "report.json"));
  EXPECT_EQ(read.tile_reports.front().place, hw::TileId{5});
}

TEST_F(ReportJsonTest, WhatIsWrongIsNamedByItsPlace) {
  const auto message = [&](const nlohmann::json& document) -> std::string {
    try {
      sim::layer_from(sim::JsonNode(document, "report.json"));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  const auto right = nlohmann::json::parse(written(report_.layers[quant::LayerId{0}]).dump());
  EXPECT_EQ(message(right), "");
  auto wrong = right;
  wrong["ledger"][2].erase("key");
  EXPECT_EQ(message(wrong).find("report.json: ledger[2].key: missing"), 0u) << message(wrong);
  wrong = right;
  wrong["allocation"]["pairs"] = -1;
  EXPECT_EQ(message(wrong).find("report.json: allocation.pairs: must be an integer in [0, "), 0u);
  wrong = right;
  wrong["causes"] = "none";
  EXPECT_EQ(message(wrong).find("report.json: causes: must be a list"), 0u);
}

}  // namespace
}  // namespace kirchhoff
