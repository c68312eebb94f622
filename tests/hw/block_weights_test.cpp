#include "hw/pe/block_weights.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

void expect_product(const BlockWeights::Weights& weights, int activation_bits,
                    const std::vector<std::int32_t>& inputs) {
  PeSetup setup;
  setup.activation_bits = activation_bits;
  BlockWeights block;
  block.assign(setup, weights);
  Sums sums(static_cast<std::size_t>(weights.rows()), -1);
  block.multiply(inputs.data(), sums.data());
  for (Eigen::Index c = 0; c < weights.rows(); ++c) {
    Sum expected = 0;
    for (Eigen::Index r = 0; r < weights.cols(); ++r)
      expected += Sum{weights(c, r)} * inputs[static_cast<std::size_t>(r)];
    EXPECT_EQ(sums[static_cast<std::size_t>(c)], expected)
        << weights.rows() << " x " << weights.cols() << ", " << activation_bits << " bits";
  }
}

// Narrow and wide widths, rows that fill no vector.
TEST(BlockWeightsTest, EveryShapeGivesThePlainProduct) {
  std::mt19937_64 engine(6);
  for (int trial = 0; trial < 200; ++trial) {
    const auto columns = static_cast<Eigen::Index>(1 + engine() % 40),
               rows = static_cast<Eigen::Index>(1 + engine() % 140);
    const int weight_bits = 2 + static_cast<int>(engine() % 15),
              activation_bits = 1 + static_cast<int>(engine() % 16);
    BlockWeights::Weights weights(columns, rows);
    const auto range = static_cast<std::int64_t>((1u << weight_bits) - 1);
    for (Eigen::Index i = 0; i < weights.size(); ++i) {
      weights.data()[i] = static_cast<std::int32_t>(
          static_cast<std::int64_t>(engine() % static_cast<std::uint64_t>(range)) - range / 2);
    }
    std::vector<std::int32_t> inputs(static_cast<std::size_t>(rows));
    for (auto& x : inputs) x = static_cast<std::int32_t>(engine() % (1u << activation_bits));
    expect_product(weights, activation_bits, inputs);
  }
}

// Factors and sums on either side of what 16 and 32 bits hold.
TEST(BlockWeightsTest, SumsBeyond32BitsAreExact) {
  for (const Eigen::Index rows : {1, 2, 3, 512}) {
    for (const std::int32_t weight : {32767, 32768, -32767, -32768}) {
      for (const int bits : {15, 16}) {
        const auto top = static_cast<std::int32_t>((1u << bits) - 1);
        expect_product(BlockWeights::Weights::Constant(3, rows, weight), bits,
                       std::vector<std::int32_t>(static_cast<std::size_t>(rows), top));
      }
    }
  }
}

TEST(BlockWeightsTest, AnotherBlockLeavesNothingOfTheOneBefore) {
  PeSetup setup;
  setup.activation_bits = 4;
  BlockWeights block;
  block.assign(setup, BlockWeights::Weights::Constant(4, 100, 7));
  block.assign(setup, BlockWeights::Weights::Constant(2, 3, 1));
  const std::vector<std::int32_t> inputs = {1, 2, 3};
  Sums sums(2, 0);
  block.multiply(inputs.data(), sums.data());
  EXPECT_EQ(sums, (Sums{6, 6}));
}

}  // namespace
}  // namespace kirchhoff::hw
