#include "sim/report.h"

#include <gtest/gtest.h>

namespace kirchhoff::sim {
namespace {

/// Two layers of known costs, and hardware that no layer has.
CostReport report() {
  CostReport report;
  report.images = 2;
  report.latency_ns = 40;
  report.duration_ns = 100;
  for (int l = 1; l <= 2; ++l) {
    LayerReport layer;
    layer.crossbars = 10 * l;
    layer.pes = l;
    layer.tiles = 1;
    layer.energy = {{"adc", "conversions", 100.0 * l, 2.0, "adc.conversion_pj", 0},
                    {"adc", "leakage", 50, 0.5, "adc.leak_mw", 3},
                    {"dac", "dac_drives", 10, 1.0, "dac.drive_pj", 0}};
    layer.instances = {{"adc", 4, 2.5, 1000, "adc.rated_mw", "adc.area_um2"},
                       {"link", 1, 1, 0, "link.rated_mw", ""}};
    report.layers.push_back(layer);
  }
  report.unused.energy = {{"edram", "leakage", 100, 0.1, "edram.leak_mw", 1}};
  report.unused.instances = {{"edram", 2, 0.25, 0, "edram.leak_mw", ""}};
  return report;
}

TEST(ReportTest, ALayerIsTheSumOfItsLines) {
  const LayerReport layer = report().layers[quant::LayerId{1}];
  EXPECT_DOUBLE_EQ(layer.energy_pj(), 400 + 25 + 10);
  EXPECT_EQ(layer.components_pj().size(), 2u);
  EXPECT_DOUBLE_EQ(layer.components_pj().at("adc"), 425);
  EXPECT_DOUBLE_EQ(layer.power_rated_mw(), 11);
  EXPECT_DOUBLE_EQ(layer.area_um2(), 4000);
}

TEST(ReportTest, ARunIsTheSumOfItsLayersAndOfWhatNoneHas) {
  const CostReport run = report();
  EXPECT_DOUBLE_EQ(run.energy_pj(), 235 + 435 + 10);
  EXPECT_DOUBLE_EQ(run.power_rated_mw(), 2 * 11 + 0.5);
  EXPECT_DOUBLE_EQ(run.power_average_mw(), 6.8) << "over the whole run";
  EXPECT_DOUBLE_EQ(run.area_um2(), 8000) << "what is not allocated has no area";
  EXPECT_EQ(run.crossbars(), 30);
  EXPECT_EQ(run.pes(), 3);
  EXPECT_EQ(run.tiles(), 2);
}

TEST(ReportTest, TheTotalsAreThoseOfOneImage) {
  const CostTotals totals = report().totals();
  EXPECT_EQ(totals.latency_ns, 40);
  EXPECT_DOUBLE_EQ(totals.energy_pj, 680.0 / 2);
  EXPECT_DOUBLE_EQ(totals.power_rated_mw, 22.5);
}

TEST(ReportTest, ARunThatTookNoTimeHasNoPower) {
  EXPECT_EQ(CostReport().power_average_mw(), 0);
  EXPECT_TRUE((EnergyEntry{"x", "leakage_awake", 1, 1, "", 1}).leaks());
  EXPECT_FALSE((EnergyEntry{"x", "conversions", 1, 1, "", 0}).leaks());
}

}  // namespace
}  // namespace kirchhoff::sim
