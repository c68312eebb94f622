#include "hw/pe/adc_group.h"

#include <gtest/gtest.h>

#include "tests/hw/pe_chain.h"

namespace kirchhoff::hw {
namespace {

class AdcGroupTest : public PeChainTest {};

TEST_F(AdcGroupTest, AdcConvertsColumnsInTurnAndIsIdleAfterwards) {
  AdcConfig config;
  config.per_pair = 2;
  config.cycles = 3;
  AdcGroup dut("dut", config, clock_);
  dut.codes(far_);
  elaborate();
  dut.convert({0, 0, false, 4, 5, true}, {1, 2, 3, 4, 5});
  EXPECT_TRUE(dut.busy());
  run_until(8.998);
  EXPECT_TRUE(far_.times.empty());
  run_until(9);  // ceil(5/2) rounds of 3 cycles
  ASSERT_EQ(far_.times.size(), 1u);
  EXPECT_FALSE(dut.busy());
  EXPECT_EQ(dut.conversions(), 5u);
  EXPECT_EQ(dut.busy_cycles(), 9u);
}

}  // namespace
}  // namespace kirchhoff::hw
