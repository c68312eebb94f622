#include "hw/pe/subtractor.h"

#include <gtest/gtest.h>

#include "tests/hw/pe_chain.h"

namespace kirchhoff::hw {
namespace {

class SubtractorTest : public PeChainTest {};

TEST_F(SubtractorTest, SubtractorTakesTheDifferenceInNoTime) {
  Subtractor dut("dut");
  dut.difference(far_);
  elaborate();
  dut.sense({0, 0, false, 4, 3, true}, {3, 0, 5}, {1, 4, 5});
  ASSERT_EQ(far_.columns.size(), 1u);
  EXPECT_EQ(far_.columns[0], (Columns{2, -4, 0}));
  EXPECT_EQ(dut.subtractions(), 3u);
}

}  // namespace
}  // namespace kirchhoff::hw
