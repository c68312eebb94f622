#include "hw/tile/sfu.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/hw/scripts.h"

namespace kirchhoff::hw {
namespace {

using sc_core::SC_NS;
using sc_core::sc_time;

class SfuTest : public SystemCTest {
 protected:
  Clock clock_{1000};
};

TEST_F(SfuTest, SfuKeepsTheMaximumOfAPoolingWindow) {
  Sfu sfu("sfu", SfuConfig{}, MultiplierConfig{}, clock_);
  SfuProgram program{{SfuStep::kRequantise, SfuStep::kTable, SfuStep::kMaximum}, 0, 4, 0, {}};
  for (int v = -16; v < 16; ++v) program.table.push_back(std::max(v, 0));
  sfu.program(program);
  const std::int32_t multiplier[2] = {1, 1};
  const std::int64_t bias[2] = {0, 0};
  SfuOperands constants;
  constants.multiplier = multiplier;
  constants.bias = bias;
  Sums sums{3, -5}, more{99, -1}, maximum;
  Script s("s", [&] {
    sfu.process(sums, 2, constants, true, maximum);
    sfu.process(more, 2, constants, false, maximum);
  });
  sc_core::sc_start();
  EXPECT_EQ(maximum, (Sums{15, 0}));
  EXPECT_EQ(sfu.requantised(), 4u);
  EXPECT_EQ(sfu.comparisons(), 2u);
  EXPECT_EQ(s.finished, sc_time(8, SC_NS));  // one cycle of 8 lanes and three of latency, twice
}

TEST_F(SfuTest, SfuRunsTheStepsOfItsProgram) {
  Sfu sfu("sfu", SfuConfig{}, MultiplierConfig{}, clock_);
  sfu.program({{SfuStep::kMaximum}, 0, 4, 0, {}});
  Sums sums{3, -5}, more{2, -1}, maximum;
  Script s("s", [&] {
    sfu.process(sums, 2, {}, true, maximum);
    sfu.process(more, 2, {}, false, maximum);
  });
  sc_core::sc_start();
  EXPECT_EQ(maximum, (Sums{3, -1}));
  EXPECT_EQ(sfu.requantised(), 0u);
  EXPECT_EQ(sfu.table_reads(), 0u);
  EXPECT_EQ(sfu.comparisons(), 2u);
}

// The product with the second operand meets the sum's before the shift; one pair of constants
// serves all channels of a layer without weights.
TEST_F(SfuTest, SfuAddsTheSecondOperandBeforeItShifts) {
  Sfu sfu("sfu", SfuConfig{}, MultiplierConfig{}, clock_);
  SfuProgram program{{SfuStep::kAdd, SfuStep::kRequantise, SfuStep::kMaximum}, 2, 8, 3, {}};
  sfu.program(program);
  const std::int32_t multiplier = 5;
  const std::int64_t bias = 2;
  const std::int32_t second[2] = {7, -4};
  SfuOperands operands;
  operands.multiplier = &multiplier;
  operands.bias = &bias;
  operands.by_channel = false;
  operands.second = second;
  Sums sums{10, 20}, maximum;
  Script s("s", [&] { sfu.process(sums, 2, operands, true, maximum); });
  sc_core::sc_start();
  EXPECT_EQ(maximum, (Sums{(50 + 21 + 2) >> 2, (100 - 12 + 2) >> 2}));
  EXPECT_EQ(sfu.reductions(), 2u);
}

TEST_F(SfuTest, SfuReducesWindowsChannelByChannel) {
  Sfu sfu("sfu", SfuConfig{}, MultiplierConfig{}, clock_);
  const std::vector<std::int32_t> window{1, 2, 3, -4, kNoPixel, -6};
  Sums sums, maxima;
  Script s("s", [&] {
    sfu.reduce({Reduction::kSum, 2, 3}, {1, 2, 3, -4, 0, -6}, sums);
    sfu.reduce({Reduction::kMaximum, 2, 3}, window, maxima);
  });
  sc_core::sc_start();
  EXPECT_EQ(sums, (Sums{6, -10}));
  EXPECT_EQ(maxima, (Sums{3, -4}));
  EXPECT_EQ(sfu.reductions(), 12u);
  EXPECT_EQ(s.finished, sc_time(2, SC_NS));  // six values on eight lanes, twice
}

// Two outputs of each of two channels of three pixels.
TEST_F(SfuTest, SfuMultipliesWindowsWithWeights) {
  MultiplierConfig multiplier;
  multiplier.lanes = 5;
  multiplier.bits = 4;
  multiplier.weights.word_bits = 32;
  Sfu sfu("sfu", SfuConfig{}, multiplier, clock_);
  const std::int32_t weights[] = {1, 0, -1, 2, 2, 2, 0, 0, 3, -1, -1, -1};
  WindowReduction window{Reduction::kWeighted, 2, 3};
  window.outputs = 2;
  window.weight_bits = 6;
  window.activation_bits = 4;
  window.weights = weights;
  Sums sums, none;
  Script s("s", [&] {
    sfu.reduce(window, {1, 2, 3, -4, 0, -6}, sums);
    window.weights = nullptr;
    sfu.reduce(window, {}, none);
  });
  sc_core::sc_start();
  EXPECT_EQ(sums, (Sums{-2, 12, -18, 10}));
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(sfu.reductions(), 24u);
  EXPECT_EQ(sfu.multiplier().bit_products(), 2u * 12 * 6 * 4);
  EXPECT_EQ(sfu.multiplier().weight_reads(), 2u * 3);  // 72 bits in words of 32
  // Weights of six bits take two turns on lanes of four: 24 on five lanes, twice.
  EXPECT_EQ(s.finished, sc_time(10, SC_NS));
}

TEST(LookUpTableTest, ReadsFromTheLeastAddressOn) {
  SfuProgram program;
  program.output_bits = 3;
  for (int v = -8; v < 8; ++v) program.table.push_back(100 + v);
  LookUpTable table;
  table.program(program);
  for (int v = -8; v < 8; ++v) EXPECT_EQ(table.read(v), 100 + v);
}

TEST(RequantiserTest, ShiftsArithmeticallyAndSaturatesToOneBitMore) {
  EXPECT_EQ(requantised_index(100, 3, 0, 2, 8), 75);
  EXPECT_EQ(requantised_index(-1, 1, 0, 1, 8), -1);  // rounds towards minus infinity
  EXPECT_EQ(requantised_index(-1, 1, 1, 1, 8), 0);
  EXPECT_EQ(requantised_index(1'000'000, 1000, 0, 0, 4), 15);
  EXPECT_EQ(requantised_index(-1'000'000, 1000, 0, 0, 4), -16);
}

}  // namespace
}  // namespace kirchhoff::hw
