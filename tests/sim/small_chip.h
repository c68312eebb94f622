#pragma once

#include <gtest/gtest.h>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff {

/// Small arrays make several row and column blocks cheap; few PEs per tile make layers span tiles.
inline hw::ChipConfig small_chip(int crossbar, int pes, int adc_bits) {
  hw::ChipConfig config;
  config.tile.pe.crossbar.rows = config.tile.pe.crossbar.cols = crossbar;
  config.tile.pes = pes;
  config.tile.pe.adc.bits = adc_bits;
  return config;
}

/// Of two runs.
inline void expect_same_costs(const sim::CostReport& a, const sim::CostReport& b) {
  EXPECT_EQ(a.latency_ns, b.latency_ns);
  EXPECT_EQ(a.cycles, b.cycles);
  EXPECT_EQ(a.energy_pj(), b.energy_pj());
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (const quant::LayerId l : a.layers.ids())
    EXPECT_EQ(a.layers[l].counters, b.layers[l].counters) << index(l);
}

}  // namespace kirchhoff
