// ISAAC as a witness: the published figures of its Table I, section VI and Table IV beside ours.

#include <gtest/gtest.h>

#include "hw/config/config_loader.h"
#include "sim/simulator.h"
#include "tests/sim/own_kernel.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

class IsaacTest : public SystemCTest {
 protected:
  /// The preset on as small a mesh as the test needs; nothing here depends on the number of tiles.
  static hw::ChipConfig preset(int side = 2) {
    hw::ConfigLoader loader;
    loader.load_file(KIRCHHOFF_PRESETS "/isaac.ini");
    hw::ChipConfig config = loader.finish();
    if (side > 0) config.mesh_width = config.mesh_height = side;
    return config;
  }

  /// One layer of 128 x 128 weights on `width` windows, fed and followed by what a network needs.
  static quant::Network one_ima(int width) {
    quant::Network network;
    network.name = "one-ima";
    network.image = {128, 1, width};
    quant::Layer layer;
    layer.name = "IMA";
    layer.inputs = {quant::kImage};
    layer.input = network.image;
    layer.out_channels = 128;
    layer.kernel_height = layer.kernel_width = 1;
    network.layers.push_back(layer);
    quant::Layer last;
    last.name = "OUT";
    last.kind = quant::LayerKind::kFullyConnected;
    last.inputs = {quant::TensorId{1}};
    last.input = {128, 1, width};
    last.kernel_height = 1;
    last.kernel_width = width;
    last.out_channels = 2;
    last.function = quant::Function::none();
    network.layers.push_back(last);
    network.validate();
    return network;
  }

  static sim::CostReport cost(int width, int bits, const hw::ChipConfig& config) {
    const quant::Network network = one_ima(width);
    return on_own_kernel([&] {
      sim::Simulator simulator(network, config);
      return simulator.cost(quant::Policy::uniform(network, bits, bits));
    });
  }

  static double energy(const sim::LayerReport& layer, const char* component) {
    return layer.components_pj().at(component);
  }
};

// Fig. 4b: 22 cycles of 100 ns for 16-bit inputs, a new window every 16; B + 6 and B for B bits.
TEST_F(IsaacTest, TheTilePipelineTakes22CyclesAndStartsAWindowEvery16) {
  const hw::ChipConfig config = preset();
  for (const int bits : {16, 8, 4}) {
    EXPECT_EQ(cost(1, bits, config).layers[quant::LayerId{0}].latency_ns, 100.0 * (bits + 6))
        << bits;
    EXPECT_NEAR(cost(5, bits, config).layers[quant::LayerId{0}].latency_ns,
                100.0 * (bits + 6 + 4 * bits), 1e-6)
        << bits;
  }
}

// Table I over the 16 cycles of a window: 38.5 nJ and its split; one conversion per 16-bit MAC.
TEST_F(IsaacTest, AnImaBurns38NanojoulesInSixteenCycles) {
  const sim::LayerReport layer = cost(1, 16, preset()).layers[quant::LayerId{0}];
  EXPECT_EQ(layer.counters.at("conversions"), 128u * 128);
  EXPECT_EQ(layer.crossbars, 8);
  EXPECT_NEAR(energy(layer, "adc"), 25600, 1);
  EXPECT_NEAR(energy(layer, "dac"), 6400, 1);
  EXPECT_NEAR(energy(layer, "crossbar"), 3840, 1);
  EXPECT_NEAR(energy(layer, "input_register"), 1984, 1);
  EXPECT_NEAR(energy(layer, "output_register"), 368, 1);
  // And the sum of the inputs, once per array and cycle: 128 more than 16,384.
  EXPECT_NEAR(energy(layer, "shift_adder"), 320, 3);
  EXPECT_NEAR(energy(layer, "sample_hold"), 16, 1);
  double ima = 0;
  for (const char* component : {"adc", "dac", "crossbar", "input_register", "output_register",
                                "shift_adder", "sample_hold", "subtractor"})
    ima += energy(layer, component);
  EXPECT_NEAR(ima, 38500, 50);  // published to three digits
}

TEST_F(IsaacTest, ChipPowerAreaAndEfficiencyAreThePublishedOnes) {
  const hw::ChipConfig config = preset(0);
  EXPECT_EQ(config.mesh_width * config.mesh_height, 168);
  const double chip_w = sim::chip_power_rated_mw(config) / 1e3;
  const double tile_mw = (chip_w * 1e3 - 10400) / 168;
  EXPECT_NEAR(tile_mw, 329.8, 0.1);  // with its quarter of a router
  EXPECT_NEAR(chip_w, 65.84, 0.05);  // 168 x 330 mW + 10.4 W
  EXPECT_NEAR(sim::chip_area_um2(config) / 1e6, 85.4, 0.1);

  // Peak: every IMA has a window under way at any time. The interval comes from the simulation.
  const double interval_ns = (cost(33, 16, preset()).layers[quant::LayerId{0}].latency_ns -
                              cost(1, 16, preset()).layers[quant::LayerId{0}].latency_ns) /
                             32;
  const double operations = 2.0 * 128 * 128 * config.tile.pes * 168;
  const double gops = operations / interval_ns;
  EXPECT_NEAR(gops, 41288, 1);
  EXPECT_NEAR(gops / chip_w, 627.5, 0.5);
}

// Its schedule is static: packets never meet.
TEST_F(IsaacTest, NoPacketWaitsForAnother) {
  const sim::CostReport report = cost(16, 16, preset());
  for (const hw::RouterId router : report.routers.ids())
    EXPECT_EQ(report.routers[router].stall_cycles, 0u) << index(router);
}

}  // namespace
}  // namespace kirchhoff
