#include "sim/causes.h"

#include <map>
#include <string>

#include <gtest/gtest.h>

namespace kirchhoff::sim {
namespace {

TileReport tile(std::uint64_t begin, std::uint64_t end, Counters more) {
  TileReport report;
  report.counters = std::move(more);
  report.counters["begin_cycle"] = begin;
  report.counters["end_cycle"] = end;
  return report;
}

std::map<std::string, double> by_name(const std::vector<Cause>& causes) {
  std::map<std::string, double> all;
  for (const Cause& cause : causes) EXPECT_TRUE(all.emplace(cause.name, cause.ns).second);
  return all;
}

/// A layer whose tiles began in cycle 100; it takes 1000 ns, 400 of which are ideal.
LayerReport layer(TileReport last) {
  LayerReport report;
  report.tile_reports = {tile(100, 500, {{"bus_ps", 999000}}), std::move(last)};
  report.counters["begin_cycle"] = 100;
  report.latency_ns = 1000;
  report.ideal.latency_ns = 400;
  return report;
}

// Those of the tile that ends last, and its late start; what is zero is left out.
TEST(CausesTest, TheLastTileExplainsTheLayer) {
  const auto causes = by_name(causes_of(layer(tile(150, 1100,
                                                   {{"multiply_ps", 450000},
                                                    {"fill_ps", 120000},
                                                    {"wait_input_ps", 380000},
                                                    {"bus_ps", 0}})),
                                        1.0));
  EXPECT_EQ(causes, (std::map<std::string, double>{{"start after the layer's first tile", 50},
                                                   {"products beyond the ideal", 50},
                                                   {"pipeline fill", 120},
                                                   {"waiting for input", 380}}));
}

// A counter that no name is known for is shown under its own, and a rest that nothing explains,
// too.
TEST(CausesTest, NothingIsLeftOut) {
  const auto causes = by_name(
      causes_of(layer(tile(100, 1100, {{"multiply_ps", 400000}, {"wait_luck_ps", 250000}})), 1.0));
  EXPECT_EQ(causes, (std::map<std::string, double>{{"wait_luck", 250}, {"not attributed", 350}}));
}

// Edges lie on whole picoseconds, so a picosecond or two are nobody's fault.
TEST(CausesTest, RoundingIsPutToTheFirstCause) {
  LayerReport rounded = layer(tile(100, 1100, {{"multiply_ps", 400000}, {"fill_ps", 600000}}));
  rounded.latency_ns = 1000.002;
  const auto causes = by_name(causes_of(rounded, 1.0));
  ASSERT_EQ(causes.size(), 1u);
  EXPECT_NEAR(causes.at("pipeline fill"), 600.002, 1e-9);
}

TEST(CausesTest, ProductsMayBeShorterThanTheIdeal) {
  const auto causes = by_name(
      causes_of(layer(tile(100, 1100, {{"multiply_ps", 390000}, {"sfu_ps", 610000}})), 1.0));
  EXPECT_DOUBLE_EQ(causes.at("products beyond the ideal"), -10);
  EXPECT_DOUBLE_EQ(causes.at("SFU"), 610);
}

}  // namespace
}  // namespace kirchhoff::sim
