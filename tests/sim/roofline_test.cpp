#include "sim/roofline.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "quant/network/networks.h"
#include "sim/simulator.h"
#include "tests/support/small_graphs.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

using sim::Resource;

class RooflineTest : public SystemCTest {
 protected:
  static sim::Roofline roofline(const quant::Network& network, const quant::Policy& policy,
                                const hw::ChipConfig& config, int images = 1) {
    sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    sim::CostReport report;
    {
      sim::Simulator simulator(network, config);
      report = simulator.cost(policy, images);
      duration_ns = report.duration_ns;
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
    return sim::roofline_of(report, config);
  }

  static inline double duration_ns = 0;
};

// By hand from the shape: 784 windows, 25 rows, 6 columns, 6 slices, 4 bit steps, 196 outputs.
TEST_F(RooflineTest, TheFirstLayerOfLenet5AsArithmetic) {
  const quant::Network network = quant::lenet5();
  const auto all = roofline(network, quant::parse_policy("W6A4", network), {});
  const sim::LayerRoofline& c1 = all.front();
  EXPECT_EQ(c1.name, "C1");
  EXPECT_DOUBLE_EQ(c1.least(Resource::kAdc), 784 * 4 * 6 / 1.2);
  EXPECT_DOUBLE_EQ(c1.least(Resource::kCrossbar), 784 * 4 * (2 + 4) / 1.2);
  EXPECT_DOUBLE_EQ(c1.least(Resource::kShiftAdder), 784 * 1 / 1.2);
  // 32 rows of the image are written, 6 rows of new pixels read per pooling window: a word each,
  // two banks, three cycles.
  EXPECT_DOUBLE_EQ(c1.least(Resource::kEdram), (32 + 1176) / 2.0 * 3 / 1.2);
  // Image, windows, sums and outputs, each a cycle.
  EXPECT_DOUBLE_EQ(c1.least(Resource::kBus), (32 + 784 + 784 + 196) / 1.2);
  // Six values in a cycle of eight lanes, and three of latency.
  EXPECT_DOUBLE_EQ(c1.least(Resource::kSfu), 784 * (6 / 8.0 + 3) / 1.2);
  // Packets of the image and of the outputs, sent by the host and by the tile.
  EXPECT_DOUBLE_EQ(c1.least(Resource::kNoc), (32 * 5 + 196 * 2) / 2.0);
  EXPECT_EQ(c1.bound(), Resource::kCrossbar);  // as long as the ADCs, and before them
}

// In the steady state of eq. (8) the slower of crossbars and ADCs sets the pace.
TEST_F(RooflineTest, TheIdealIsTheSlowerOfCrossbarsAndAdcs) {
  const quant::Network network = quant::lenet5();
  for (const int per_pair : {1, 2, 8}) {
    hw::ChipConfig config;
    config.tile.pe.adc.per_pair = per_pair;
    for (const sim::LayerRoofline& r :
         roofline(network, quant::Policy::uniform(network, 5, 3), config)) {
      EXPECT_NEAR(std::max(r.least(Resource::kCrossbar), r.least(Resource::kAdc)), r.ideal_ns,
                  1e-9 * r.ideal_ns)
          << r.name;
    }
  }
}

// No resource needs longer than the whole run took, and what is made slow becomes the bound.
TEST_F(RooflineTest, WhatIsMadeSlowIsTheBound) {
  const quant::Network network = depthwise_network();
  const quant::Policy policy = quant::Policy::uniform(network, 4, 4);
  const auto bounds = [&](const hw::ChipConfig& config, Resource resource) {
    int bound = 0;
    for (const sim::LayerRoofline& r : roofline(network, policy, config, 3)) {
      for (const double ns : r.least_ns) EXPECT_LE(ns, duration_ns) << r.name;
      bound += r.bound() == resource;
    }
    return bound;
  };
  hw::ChipConfig bus, edram, sfu, noc, adder, adc;
  bus.tile.bus.width_bits = 8;
  EXPECT_GT(bounds(bus, Resource::kBus), 2);
  edram.tile.edram.access = hw::Duration::nanoseconds(500);
  EXPECT_GT(bounds(edram, Resource::kEdram), 2);
  sfu.tile.sfu.latency_cycles = 64;
  sfu.tile.sfu.lanes = 1;
  EXPECT_GT(bounds(sfu, Resource::kSfu), 2);
  noc.clock.noc_mhz = 10;
  EXPECT_GT(bounds(noc, Resource::kNoc), 2);
  adder.tile.adder.lanes = 1;
  adder.tile.pe.adc.per_pair = 128;
  adder.tile.pe.crossbar.read = hw::Duration::nanoseconds(0);
  adder.tile.pe.dac.drive = hw::Duration::nanoseconds(0);
  EXPECT_GT(bounds(adder, Resource::kShiftAdder), 0);
  adc.tile.pe.adc.cycles = 50;
  EXPECT_GT(bounds(adc, Resource::kAdc), 2);
}

// Multipliers are the SFU's: their products over what all lanes make.
TEST_F(RooflineTest, DigitalLayersAreTheSfus) {
  const quant::Network network = depthwise_network();
  hw::ChipConfig config;
  config.mapping.depthwise = hw::Depthwise::kDigital;
  config.tile.multiplier.lanes = 1;
  config.tile.multiplier.bits = 2;
  const auto all = roofline(network, quant::Policy::uniform(network, 5, 4), config);
  const sim::LayerRoofline& deep = all[quant::LayerId{1}];
  EXPECT_EQ(deep.bound(), Resource::kSfu);
  EXPECT_DOUBLE_EQ(deep.least(Resource::kSfu), 64 * 8 * 9 * (3 * 2) / 1.2);
  EXPECT_DOUBLE_EQ(deep.least(Resource::kSfu), deep.ideal_ns);
  EXPECT_EQ(deep.least(Resource::kAdc), 0);
}

}  // namespace
}  // namespace kirchhoff
