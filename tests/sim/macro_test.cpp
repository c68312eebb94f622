#include "sim/macro.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::sim {
namespace {

class MacroTest : public SystemCTest {};

hw::ChipConfig chip() {
  hw::ChipConfig config;  // 1.2 GHz: drive 2 cycles, read 4
  config.tile.pe.crossbar.rows = 64;
  return config;
}

TEST_F(MacroTest, TakesWhatTheStagesTake) {
  const MacroCost cost = measure_macro(chip(), {64, 5, 1, 8, 4});
  EXPECT_NEAR(cost.latency_ns, (4 * 6 + 5 + 1) / 1.2, 2e-3);  // picoseconds
  EXPECT_NEAR(cost.interval_ns, 4 * 6 / 1.2, 2e-3);
  hw::ChipConfig grouped = chip();
  grouped.tile.pe.crossbar.rows_per_read = 16;
  EXPECT_NEAR(measure_macro(grouped, {64, 5, 1, 8, 4}).interval_ns, 4 * 4 * 6 / 1.2, 2e-3);
}

// A conversion per column, slice and bit step, at its energy, and a share of leakage.
TEST_F(MacroTest, SpendsWhatItsEventsCostAndWhatLeaks) {
  hw::ChipConfig config = chip();
  config.tile.pe.adc.conversion = hw::Energy::picojoules(2);
  config.tile.pe.adc.leak = hw::Power::milliwatts(0);
  const MacroCost one = measure_macro(config, {64, 5, 1, 4, 3});
  EXPECT_DOUBLE_EQ(one.energy_pj.at("adc"), 2.0 * 5 * 4 * 3);
  const MacroCost two = measure_macro(config, {64, 5, 2, 4, 3});
  EXPECT_DOUBLE_EQ(two.energy_pj.at("adc"), 2 * one.energy_pj.at("adc"));
  EXPECT_DOUBLE_EQ(two.latency_ns, one.latency_ns) << "blocks run side by side";
  config.tile.pe.adc.leak = hw::Power::milliwatts(0.5);
  const MacroCost leaking = measure_macro(config, {64, 5, 1, 4, 3});
  EXPECT_NEAR(leaking.energy_pj.at("adc") - one.energy_pj.at("adc"), 4 * 0.5 * one.interval_ns,
              1e-9);
  double sum = 0;
  for (const auto& [component, pj] : leaking.energy_pj) sum += pj;
  EXPECT_DOUBLE_EQ(leaking.total_pj(), sum);
  EXPECT_EQ(leaking.energy_pj.count("input_register"), 0u);
}

TEST_F(MacroTest, WhatDoesNotFitIsRefused) {
  EXPECT_THROW(measure_macro(chip(), {65, 5, 1, 8, 4}), InputError);
  EXPECT_THROW(measure_macro(chip(), {64, 129, 1, 8, 4}), InputError);
  EXPECT_THROW(measure_macro(chip(), {64, 5, 2, 8, 4}), InputError);
}

}  // namespace
}  // namespace kirchhoff::sim
