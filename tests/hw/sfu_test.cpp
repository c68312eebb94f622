#include "hw/tile/sfu.h"

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
  Sfu sfu("sfu", SfuConfig{}, clock_);
  sfu.program({{SfuStep::kRequantise, SfuStep::kRelu, SfuStep::kMaximum}, 0, 4});
  const std::int32_t multiplier[2] = {1, 1};
  const std::int64_t bias[2] = {0, 0};
  const SfuConstants constants{multiplier, bias};
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
  Sfu sfu("sfu", SfuConfig{}, clock_);
  sfu.program({{SfuStep::kMaximum}, 0, 4});
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

TEST(ReluTableTest, EqualsTheClampForEveryIndex) {
  for (int bits = 1; bits <= 8; ++bits) {
    ReluTable table;
    table.program(bits);
    for (int v = -(1 << bits); v < 1 << bits; ++v) EXPECT_EQ(table.read(v), std::max(v, 0));
  }
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
