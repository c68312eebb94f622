#include "hw/pe/dac_group.h"

#include <gtest/gtest.h>

#include "tests/hw/pe_chain.h"

namespace kirchhoff::hw {
namespace {

class DacGroupTest : public PeChainTest {};

TEST_F(DacGroupTest, DacSettlesAfterItsDriveTimeAndCountsRows) {
  DacGroup dut("dut", DacConfig{}, clock_);
  dut.word_lines(far_);
  elaborate();
  dut.drive({0, 2, false, 77, 5, false}, {});
  run_until(0.998);
  EXPECT_TRUE(far_.times.empty());
  run_until(1.0);
  ASSERT_EQ(far_.times.size(), 1u);
  EXPECT_EQ(dut.drives(), 77u);
}

}  // namespace
}  // namespace kirchhoff::hw
