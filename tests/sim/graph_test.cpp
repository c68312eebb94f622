#include <gtest/gtest.h>

#include "base/error.h"
#include "mapping/row_needs.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "tests/sim/chip_test.h"
#include "tests/support/random_graphs.h"

namespace kirchhoff {
namespace {

class GraphTest : public ChipTest {
 protected:
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
    if (seed % 2 == 0) config.schedule = hw::Schedule::kPipelined;
    if (seed % 3 == 0) config.mapping.depthwise = hw::Depthwise::kDense;
    if (seed % 4 == 0) config.mapping.pack = hw::Pack::kOn;
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
    if (random.chance(50)) config.mapping.depthwise = hw::Depthwise::kDense;
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
