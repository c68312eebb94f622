#include <gtest/gtest.h>

#include "sim/simulator.h"
#include "tests/sim/chip_test.h"
#include "tests/sim/random_networks.h"
#include "tests/sim/small_chip.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

TEST_F(ChipTest, RandomNetworksEqualGoldenInBothFidelitiesWithALosslessAdc) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    RandomNetworks random(seed);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({2, 3, 16}), 9);
    if (seed % 2 == 0) config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, random.policy(network), config, seed);
  }
}

// The default geometry: channel counts around multiples of 128.
TEST_F(ChipTest, NetworksAroundMultiplesOf128EqualGoldenWithALosslessAdc) {
  for (std::uint64_t seed = 21; seed <= 26; ++seed) {
    RandomNetworks random(seed);
    const quant::Network network = random.network(128);
    compare_fidelities(network, random.policy(network), small_chip(128, 16, 9), seed);
  }
}

// The 49 pairs of widths, spread over the layers of one network, so that every pair meets every
// position's code.
TEST_F(ChipTest, AllPairsOfWidthsEqualGolden) {
  RandomNetworks random(99);
  const quant::Network network = random.network(32);
  for (int pair = 0; pair < 49; ++pair) {
    quant::Policy policy;
    for (const quant::LayerId l : network.layers.ids()) {
      const int p = (pair + 17 * static_cast<int>(l)) % 49;
      policy.layers.push_back({2 + p / 7, 2 + p % 7});
    }
    compare_fidelities(network, policy, small_chip(32, 4, 9), static_cast<std::uint64_t>(pair));
  }
}

// An ADC too small for the array, and a coarse one: golden with the ADC modelled and the chip still
// agree.
TEST_F(ChipTest, LossyAdcsEqualTheGoldenInferenceWithTheAdcModelled) {
  std::uint64_t clipped = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    RandomNetworks random(seed + 50);
    const quant::Network network = random.network(128);
    const quant::Policy policy = random.policy(network);
    hw::ChipConfig config;
    config.tile.pe.adc.bits = seed % 2 ? 8 : 5;
    if (seed % 4 == 0) config.tile.pe.adc.lsb = 8;
    SCOPED_TRACE(
        fmt::format("seed {} policy {} adc {}", seed, policy.to_string(), config.tile.pe.adc.bits));
    const auto integers = quant::random_integer_network(network, policy, seed);
    const Outcome bit = run(integers, config, hw::Fidelity::kBit, seed);
    const Outcome mvm = run(integers, config, hw::Fidelity::kMvm, seed);
    expect_same_costs(bit.report, mvm.report);
    EXPECT_EQ(bit.logits, mvm.logits);
    for (const sim::LayerReport& layer : bit.report.layers) clipped += layer.counters.at("clipped");
  }
  EXPECT_GT(clipped, 0u);
}

// Widths up to 16 bits, cells of one to four bits, both encodings, rectangular arrays, ADCs that
// lose nothing, saturate or are coarse: both fidelities equal golden.
TEST_F(ChipTest, EveryEncodingAndWidthEqualsGolden) {
  for (std::uint64_t seed = 1; seed <= 16; ++seed) {
    RandomNetworks random(seed + 200);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({2, 3, 16}), 9);
    hw::PeConfig& pe = config.tile.pe;
    pe.pairs = 16;
    pe.crossbar.rows = random.between(32, 100);
    pe.crossbar.cols = random.between(32, 100);
    pe.crossbar.cell_bits = random.pick({1, 2, 4});
    pe.encoding = random.pick({0, 1, 1}) == 1 ? hw::Encoding::kOffset : hw::Encoding::kDifferential;
    pe.input_sum = random.pick({0, 1}) == 1 ? hw::InputSum::kDigital : hw::InputSum::kUnitColumn;
    if (random.pick({0, 1}) == 1) config.mapping.slices = hw::SliceRule::kMagnitude;
    pe.adc.bits = random.pick({13, 13, 7, 5});
    pe.adc.lsb = random.pick({1, 1, 4});
    compare_fidelities(network, random.policy(network, 16), config, seed);
  }
}

// Columns that nothing holds, read again for every round of conversions, and tiles that take one
// window at a time: integers as golden's, costs the same in both fidelities.
TEST_F(ChipTest, ChipsWithoutSampleHoldsOrOverlapEqualGolden) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    RandomNetworks random(seed + 400);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({1, 3, 16}), 9);
    hw::PeConfig& pe = config.tile.pe;
    pe.sample_hold.present = seed % 4 == 0;
    config.tile.overlap = seed % 3 == 0;
    pe.overlap = random.pick({0, 1}) == 1;
    pe.output_buffers = random.pick({1, 2});
    pe.adc.per_pair = random.pick({1, 5, 8, 32});
    pe.adc.cycles = random.pick({1, 4});
    if (seed % 5 == 0) pe.encoding = hw::Encoding::kOffset;
    if (seed % 2 == 0) config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, random.policy(network), config, seed);
  }
}

// Rows in groups, several input bits a step, by voltage or by pulses, with and without
// sample-and-holds and losses: integers as golden's, costs the same in both fidelities.
TEST_F(ChipTest, HoweverBlocksAreReadTheyEqualGolden) {
  for (std::uint64_t seed = 1; seed <= 14; ++seed) {
    RandomNetworks random(seed + 500);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({1, 3, 16}), random.pick({16, 16, 6}));
    hw::PeConfig& pe = config.tile.pe;
    pe.crossbar.rows_per_read = random.pick({0, 1, 4, 7, 16, 100});
    pe.dac.bits = random.pick({1, 2, 3, 5, 8});
    pe.sample_hold.present = seed % 3 != 0;
    pe.dac.levels = static_cast<hw::DacLevels>(random.between(0, pe.sample_hold.present ? 2 : 1));
    pe.overlap = random.pick({0, 1}) == 1;
    pe.adc.per_pair = random.pick({1, 5, 32});
    if (seed % 4 == 0) pe.encoding = hw::Encoding::kOffset;
    if (seed % 2 == 0) config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, random.policy(network), config, seed);
  }
}

// Columns that integrate and fire, near-memory mode, and both: integers as golden's, costs the same
// in both fidelities.
TEST_F(ChipTest, SpikesAndNearMemoryEqualGolden) {
  for (std::uint64_t seed = 1; seed <= 14; ++seed) {
    RandomNetworks random(seed + 600);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({1, 3, 16}), random.pick({16, 6, 4}));
    hw::PeConfig& pe = config.tile.pe;
    pe.crossbar.cell_bits = random.pick({1, 2, 4});
    pe.adc.lsb = random.pick({1, 1, 2, 5});
    pe.adc.per_pair = random.pick({1, 5, 32});
    pe.sample_hold.present = seed % 3 != 0;
    pe.overlap = random.pick({0, 1}) == 1;
    pe.dac.bits = random.pick({1, 2, 3, 8});
    if (seed % 3 != 1) {
      pe.dac.levels = hw::DacLevels::kDigital;
      pe.crossbar.rows_per_read = 1;
    }
    if (seed % 2 == 0) pe.adc.kind = hw::AdcKind::kIntegrateFire;
    if (seed % 4 < 2) {
      pe.encoding = hw::Encoding::kOffset;
      pe.input_sum = random.pick({0, 1}) == 1 ? hw::InputSum::kDigital : hw::InputSum::kUnitColumn;
    }
    if (seed % 5 == 0) config.schedule = hw::Schedule::kPipelined;
    compare_fidelities(network, random.policy(network), config, seed);
  }
}

// Blocks that share a PE: integers as golden's, costs the same in both fidelities.
TEST_F(ChipTest, PackedBlocksEqualGolden) {
  int shared = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    RandomNetworks random(seed + 300);
    const quant::Network network = random.network(32);
    hw::ChipConfig config = small_chip(32, random.pick({1, 2, 16}), 9);
    config.mapping.pack = hw::Pack::kOn;
    if (seed % 2 == 0) config.schedule = hw::Schedule::kPipelined;
    if (seed % 3 == 0) config.tile.pe.encoding = hw::Encoding::kOffset;
    const quant::Policy policy = random.policy(network, 4);
    const auto mapping = mapping::map_network(network, policy, config);
    for (const auto& layer : mapping.layers)
      shared += static_cast<int>(layer.blocks.size()) - layer.pes;
    compare_fidelities(network, policy, config, seed);
  }
  EXPECT_GT(shared, 10);
}

// The offset encoding and the differential one give the same integers: golden's.
TEST_F(ChipTest, EncodingsGiveTheSameIntegers) {
  RandomNetworks random(31);
  const quant::Network network = random.network(32);
  const auto integers = quant::random_integer_network(network, random.policy(network, 16), 31);
  std::vector<std::vector<std::int64_t>> logits;
  for (const auto encoding : {hw::Encoding::kDifferential, hw::Encoding::kOffset}) {
    for (const int cell_bits : {1, 2, 4}) {
      hw::ChipConfig config = small_chip(64, 4, 12);
      config.tile.pe.pairs = 16;
      config.tile.pe.encoding = encoding;
      config.tile.pe.crossbar.cell_bits = cell_bits;
      logits.push_back(run(integers, config, hw::Fidelity::kMvm, 7).logits);
      EXPECT_EQ(logits.back(), logits.front()) << cell_bits;
    }
  }
}

// Blocks of 128 full rows whose every column conducts: the one value that eight bits cannot hold.
TEST_F(ChipTest, EightBitsClipPlus128AndAgreeWithGolden) {
  quant::Network network;
  network.name = "full";
  network.image = {128, 1, 1};
  quant::Layer layer;
  layer.name = "FC";
  layer.kind = quant::LayerKind::kFullyConnected;
  layer.input = network.image;
  layer.out_channels = 3;
  layer.function = quant::Function::none();
  network.layers.push_back(layer);
  auto integers = quant::random_integer_network(network, quant::Policy::uniform(network, 8, 8), 1);
  integers.layers[quant::LayerId{0}].weights.setConstant(127);
  const std::vector<std::uint8_t> image(128, 255);
  for (const auto fidelity : {hw::Fidelity::kBit, hw::Fidelity::kMvm}) {
    sim::Simulator simulator(network, {}, {fidelity, nullptr});
    simulator.load(integers);
    const auto result = simulator.run_image(image);
    EXPECT_TRUE(result.bit_exactness.exact());
    EXPECT_EQ(result.clipped_conversions, 3u * 7 * 8);
    EXPECT_EQ(result.layers[quant::LayerId{0}].accumulators[0], 127 * 127 * 255);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

// Layers that span tiles: partial sums travel, and buffers for one window of them are enough.
TEST_F(ChipTest, LayersLargerThanATileAddTheirPartialSumsOverTheNoc) {
  quant::Network network;
  network.name = "wide";
  network.image = {16, 4, 4};
  quant::Layer conv;
  conv.name = "CONV";
  conv.input = network.image;
  conv.out_channels = 70;
  conv.kernel_height = conv.kernel_width = 3;
  conv.padding = 1;
  network.layers.push_back(conv);
  quant::Layer fc;
  fc.name = "FC";
  fc.kind = quant::LayerKind::kFullyConnected;
  fc.inputs = {quant::TensorId{1}};
  fc.input = conv.output();
  fc.out_channels = 40;
  fc.kernel_height = fc.kernel_width = 4;
  fc.function = quant::Function::none();
  network.layers.push_back(fc);
  for (const int register_bytes : {256, 3072}) {
    for (const auto schedule : {hw::Schedule::kSequential, hw::Schedule::kPipelined}) {
      hw::ChipConfig config = small_chip(32, 3, 9);
      config.tile.tile_register_bytes = register_bytes;
      config.schedule = schedule;
      const auto mapping =
          mapping::map_network(network, quant::Policy::uniform(network, 5, 5), config);
      EXPECT_GT(mapping.layers[quant::LayerId{0}].tiles, 2);
      compare_fidelities(network, quant::Policy::uniform(network, 5, 5), config, 4);
    }
  }
}

}  // namespace
}  // namespace kirchhoff
