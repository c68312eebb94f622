#include "quant/accuracy/adc_columns.h"

#include <random>

#include <gtest/gtest.h>

#include "quant/network/networks.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

AdcModel converter(int bits, int lsb, int cell_bits, bool offset, bool unit_column,
                   int block_rows = 128) {
  AdcModel adc;
  adc.bits = bits;
  adc.lsb = lsb;
  adc.cell_bits = cell_bits;
  adc.offset = offset;
  adc.unit_column = unit_column;
  adc.block_rows = block_rows;
  return adc;
}

/// Two convolutions and a fully connected layer whose rows fill blocks, and leave some over.
Network tall_network() { return chain({3, 7, 7}, {{17, 3, 1, 1, 1}, {9, 3, 1, 0, 2}}, 7); }

TEST(AdcColumns, EqualGoldenForEveryResolution) {
  const Network network = tall_network();
  for (int bits = 4; bits <= 9; ++bits) {
    for (const int lsb : {1, 2, 4}) {
      const AdcModel adc = converter(bits, lsb, 1, false, false);
      const auto seed = static_cast<std::uint64_t>(bits * 10 + lsb);
      expect_golden_logits(random_integer_network(network, Policy::uniform(network, 8, 8), seed), 2,
                           seed, &adc);
    }
  }
}

TEST(AdcColumns, EqualGoldenForEveryCellAndEncoding) {
  const Network network = tall_network();
  std::uint64_t seed = 3;
  for (const int cell_bits : {1, 2, 4}) {
    for (const int bits : {4, 6, 8}) {
      for (const auto& [offset, unit_column] :
           {std::pair{false, false}, std::pair{true, false}, std::pair{true, true}}) {
        ++seed;
        const AdcModel adc = converter(bits, seed % 3 == 0 ? 2 : 1, cell_bits, offset, unit_column,
                                       seed % 2 == 0 ? 128 : 64);
        const int weight_bits = 2 + static_cast<int>(seed % 7);
        expect_golden_logits(
            random_integer_network(network, Policy::uniform(network, weight_bits, 10 - weight_bits),
                                   seed),
            2, seed, &adc);
      }
    }
  }
}

TEST(AdcColumns, EqualGoldenOnRandomNetworks) {
  std::mt19937_64 engine(17);
  const auto draw = [&](int low, int high) {
    return low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
  };
  for (int round = 0; round < 30; ++round) {
    const int side = draw(4, 9);
    const int kernel = draw(1, 3);
    const Network network = chain({draw(1, 3), side, side},
                                  {{draw(1, 20), kernel, 1, draw(0, kernel - 1), 1},
                                   {draw(1, 20), 2, draw(1, 2), draw(0, 1), 1}},
                                  draw(1, 10));
    Policy policy = Policy::uniform(network, 8, 8);
    for (LayerBits& bits : policy.layers)
      bits = {draw(kMinBits, kMaxSearchBits), draw(kMinBits, kMaxSearchBits)};
    const bool offset = draw(0, 1) == 1;
    AdcModel adc = converter(draw(3, 9), 1 << draw(0, 2), 1 << draw(0, 2), offset,
                             offset && draw(0, 1) == 1, 16 << draw(0, 4));
    if (round % 3 == 0) adc.rows_per_read = draw(1, adc.block_rows);
    if (round % 7 == 0) adc.digit_bits = draw(2, 5);
    if (round % 5 == 1) adc.rounds = false;
    if (round % 6 == 1) {
      adc.digital = true;
      adc.rows_per_read = 1;
      adc.digit_bits = draw(1, 8);
    }
    expect_golden_logits(random_integer_network(network, policy, engine()), 3, engine(), &adc);
  }
}

TEST(AdcColumns, EqualGoldenAtFullScale) {
  const Network network = chain({3, 6, 6}, {{15, 3, 1, 1, 1}}, 5);
  IntegerNetwork integers = random_integer_network(network, Policy::uniform(network, 8, 8), 2);
  for (IntegerLayer& layer : integers.layers) {
    layer.weights.setConstant(127);
    layer.weights.col(1).setConstant(-127);
    layer.weights.col(2).setZero();
  }
  for (const bool offset : {false, true}) {
    const AdcModel adc = converter(6, 1, 2, offset, offset);
    expect_golden_logits(integers, 2, 9, &adc);
  }
}

TEST(AdcColumns, StepsThatAreNoPowerOfTwoAndWidePoliciesTakeTheReference) {
  const Network network = chain({1, 5, 5}, {{4, 3, 1, 1, 1}}, 3);
  const AdcModel thirds = converter(4, 3, 1, false, false);
  const IntegerNetwork narrow = random_integer_network(network, Policy::uniform(network, 5, 6), 3);
  EXPECT_FALSE(countable(thirds, network.layers[LayerId{0}], {5, 6}));
  expect_golden_logits(narrow, 3, 4, &thirds);
  const AdcModel adc = converter(4, 1, 2, true, true);
  const IntegerNetwork wide = random_integer_network(network, Policy::uniform(network, 11, 12), 3);
  EXPECT_FALSE(countable(adc, network.layers[LayerId{0}], {11, 12}));
  EXPECT_TRUE(countable(adc, network.layers[LayerId{0}], {5, 6}));
  expect_golden_logits(wide, 3, 4, &adc);
}

TEST(AdcColumns, OnlySlicesThatCanChangeAreCounted) {
  Layer layer;
  layer.input = {128, 1, 1};
  layer.out_channels = 2;
  // 128 rows: column 0 has 40 cells in slice 0 and 10 in slice 1, column 1 the same below zero.
  Eigen::MatrixXi weights = Eigen::MatrixXi::Zero(128, 2);
  for (int r = 0; r < 40; ++r) weights(r, 0) = r < 10 ? 3 : 1;
  weights.col(1) = -weights.col(0);
  EXPECT_TRUE(pack_adc_columns(converter(8, 1, 1, false, false), layer, weights, 4).lossless());
  const AdcColumns columns = pack_adc_columns(converter(6, 1, 1, false, false), layer, weights, 4);
  EXPECT_EQ(columns.slices.size(), 2u);  // 40 > 31 and -40 < -32
  EXPECT_EQ(columns.plain(0, 0), 2);     // slice 1 stays
  EXPECT_EQ(columns.plain(20, 0), 0);
  EXPECT_EQ(columns.plain(0, 1), -2);
  // A step above 1 rounds, so that nothing is lossless.
  EXPECT_FALSE(pack_adc_columns(converter(8, 2, 1, false, false), layer, weights, 4).lossless());
}

TEST(AdcColumns, LeNetEqualsGolden) {
  const Network network = lenet5();
  const IntegerNetwork integers =
      random_integer_network(network, parse_policy("8/8,3/5,5/2,2/7,8/8", network), 6);
  for (const int bits : {4, 5, 8}) {
    const AdcModel adc = converter(bits, 1, 1, false, false);
    expect_golden_logits(integers, 17, 5, &adc);
  }
}

}  // namespace
}  // namespace kirchhoff::quant
