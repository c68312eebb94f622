#include <gtest/gtest.h>

#include "base/error.h"
#include "mapping/row_needs.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/ops/convolution.h"
#include "quant/network/zoo/builder.h"
#include "tests/sim/chip_test.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff {
namespace {

class GraphTest : public ChipTest {
 protected:
  /// Where depthwise convolutions are multiplied: another way for every seed, and lanes, widths and
  /// registers of the multipliers that differ, too.
  static void set_depthwise(std::uint64_t seed, hw::ChipConfig& config) {
    constexpr hw::Depthwise kWays[] = {hw::Depthwise::kDense, hw::Depthwise::kDigital,
                                       hw::Depthwise::kDiagonal, hw::Depthwise::kDigital};
    config.mapping.depthwise = kWays[seed % 4];
    config.tile.multiplier.lanes = seed % 3 == 0 ? 1 : 5;
    config.tile.multiplier.bits = seed % 5 == 0 ? 3 : 8;
    if (seed % 7 > 3) config.tile.multiplier.weights.bytes = 64;  // two outputs of 5 x 5 weights
  }

  /// The smallest eDRAM buffer that the mapping takes.
  static void shrink_buffers(const quant::Network& network, const quant::Policy& policy,
                             hw::ChipConfig& config) {
    for (config.tile.edram.kb = 1; config.tile.edram.kb < 64; ++config.tile.edram.kb) {
      try {
        mapping::map_network(network, policy, config);
        return;
      } catch (const InputError&) {
      }
    }
  }
};

TEST_F(GraphTest, RandomGraphsEqualGoldenInBothFidelities) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    RandomGraphs random(seed);
    const quant::Network network = quant::lower(random.graph()).network;
    hw::ChipConfig config = small_chip(32, random.pick({1, 2, 16}), 9);
    if (seed % 3 == 0) config.schedule = hw::Schedule::kPipelined;
    if (seed % 5 == 0) config.mapping.pack = hw::Pack::kOn;
    set_depthwise(seed, config);
    compare_fidelities(network, random.policy(network), config, seed);
  }
}

// Every encoding, cells of several bits, converters that lose something: signs and groups are in
// the conversions, too.
TEST_F(GraphTest, RandomGraphsEqualGoldenUnderEveryEncoding) {
  for (std::uint64_t seed = 101; seed <= 110; ++seed) {
    RandomGraphs random(seed);
    // The golden inference of a converter takes its time.
    const quant::Network network = quant::lower(random.graph(1)).network;
    hw::ChipConfig config = small_chip(32, random.pick({2, 16}), 9);
    hw::PeConfig& pe = config.tile.pe;
    pe.pairs = 16;
    pe.crossbar.rows = random.between(20, 40);
    pe.crossbar.cols = random.between(10, 40);
    pe.crossbar.cell_bits = random.pick({1, 2, 4});
    pe.encoding = random.chance(60) ? hw::Encoding::kOffset : hw::Encoding::kDifferential;
    pe.input_sum = random.chance(50) ? hw::InputSum::kDigital : hw::InputSum::kUnitColumn;
    pe.adc.bits = random.pick({13, 7, 4});
    pe.adc.lsb = random.pick({1, 1, 4});
    set_depthwise(seed, config);
    if (random.chance(50)) config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, random.policy(network, 10), config, seed);
  }
}

// Where paths part and meet again, the mapper's rows are enough, and one row fewer is refused with
// the number that would do.
TEST_F(GraphTest, TheSmallestBuffersKeepRandomGraphsMoving) {
  for (std::uint64_t seed = 201; seed <= 240; ++seed) {
    RandomGraphs random(seed);
    const quant::Network network = quant::lower(random.graph()).network;
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config = small_chip(32, random.pick({1, 16}), 9);
    config.schedule = hw::Schedule::kPipelined;
    set_depthwise(seed, config);
    SCOPED_TRACE(fmt::format("seed {}", seed));
    int least = 0;
    for (const mapping::RowNeeds& needs : mapping::row_needs(network, config.schedule))
      least = std::max(least, needs.residual);
    if (least > 0) config.mapping.skip_rows = least;
    shrink_buffers(network, policy, config);
    const auto integers = quant::random_integer_network(network, policy, seed);
    run(integers, config, hw::Fidelity::kMvm, seed);
    if (least < 2) continue;
    config.mapping.skip_rows = least - 1;
    try {
      mapping::map_network(network, policy, config);
      FAIL() << "a buffer of " << least - 1 << " rows was taken";
    } catch (const InputError& error) {
      EXPECT_NE(std::string(error.what()).find(fmt::format("at least {}", least)),
                std::string::npos)
          << error.what();
    }
  }
}

/// Depthwise layers: two outputs of a channel, a signed input, a residual sum behind one, a map
/// that is read in two places, a last layer.
quant::Network depthwise_layers() {
  quant::Builder b("depthwise", {2, 5, 5});
  b.convolution("first", 20, 1).relu6();
  quant::ConvolutionAttributes twice;
  twice.out_channels = 40;
  twice.groups = 20;
  twice.sweep = {3, 2, 1, 1};
  b.node("twice", quant::convolution(twice)).relu6();
  b.convolution("point", 12, 1);  // its sums keep their signs
  const quant::ValueId entered = b.last();
  b.depthwise("deep", 3, 1, 1);
  b.add("sum", entered);
  b.depthwise("last", 3, 0, 1);
  return quant::lower(b.take()).network;
}

// What the SFU multiplies is exact, however little of the other layers a converter leaves.
TEST_F(GraphTest, DigitalDepthwiseLayersEqualGoldenBehindACoarseConverter) {
  const quant::Network network = depthwise_layers();
  for (const auto& [w, a] : {std::pair(8, 4), std::pair(2, 5)}) {
    hw::ChipConfig config = small_chip(32, 2, 4);
    config.tile.pe.adc.lsb = 3;
    config.mapping.depthwise = hw::Depthwise::kDigital;
    config.schedule = hw::Schedule::kPipelined;
    config.tile.multiplier.weights.bytes = 64;
    compare_fidelities(network, quant::Policy::uniform(network, w, a), config, 3);
  }
}

// Closed forms: a product of every value of every window with its weight, as many of its partial
// products as both are wide, and the weights of a tile once per window.
TEST_F(GraphTest, DigitalDepthwiseLayersCountProductsAndReadsOfWeights) {
  const quant::Network network = depthwise_layers();
  hw::ChipConfig config = small_chip(32, 4, 9);
  config.mapping.depthwise = hw::Depthwise::kDigital;
  const quant::Policy policy = quant::Policy::uniform(network, 5, 4);
  sim::Simulator simulator(network, config);
  const sim::CostReport report = simulator.cost(policy);
  for (const quant::LayerId l : network.layers.ids()) {
    const quant::Layer& shape = network.layers[l];
    const sim::LayerReport& layer = report.layers[l];
    SCOPED_TRACE(shape.name);
    EXPECT_EQ(layer.digital(), shape.is_depthwise());
    const auto products = static_cast<std::uint64_t>(layer.digital() ? shape.macs() : 0);
    EXPECT_EQ(layer.counters.at("bit_products"), products * 5 * 4);
    if (!layer.digital()) continue;
    const int seconds = shape.residual.empty() ? 0 : shape.windows() * shape.out_channels;
    EXPECT_EQ(layer.counters.at("sfu_additions"), products + static_cast<std::uint64_t>(seconds));
    EXPECT_EQ(layer.counters.at("conversions"), 0u);
    EXPECT_EQ(layer.allocation.multipliers, layer.tiles);
    ASSERT_EQ(layer.tiles, 1);
    const auto bits = static_cast<std::uint64_t>(shape.weights()) * 5;
    EXPECT_EQ(layer.counters.at("weight_reads"),
              static_cast<std::uint64_t>(shape.windows()) * ((bits + 127) / 128));
    // A product per cycle and lane, whatever both are wide up to 8 bits.
    EXPECT_DOUBLE_EQ(layer.ideal.latency_ns, shape.windows() * ((shape.weights() + 7) / 8) / 1.2);
    EXPECT_GE(layer.latency_ns, layer.ideal.latency_ns);
  }
}

// Nothing of the multipliers is on a chip that does not use them.
TEST_F(GraphTest, ChipsWithoutDigitalLayersHaveNoMultipliers) {
  const sim::Ledger ledger{hw::ChipConfig()};
  hw::Allocation one;
  one.tiles = one.multipliers = 1;
  for (const sim::InstanceEntry& entry : ledger.instances(one)) {
    EXPECT_NE(entry.component, "multiplier");
    EXPECT_NE(entry.component, "weight_register");
  }
}

TEST_F(GraphTest, ResidualNetworksOfTheZooEqualGolden) {
  for (const char* name : {"resnet8"}) {
    const quant::Network network = quant::find_network(name);
    hw::ChipConfig config;
    config.tile.pe.adc.bits = 9;
    config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, quant::Policy::uniform(network, 4, 3), config, 1);
  }
}

}  // namespace
}  // namespace kirchhoff
