#include "hw/tile/tile_shift_adder.h"

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

class TileShiftAdderTest : public SystemCTest {};

TEST_F(TileShiftAdderTest, TileShiftAdderSumsRowBlocks) {
  TileShiftAdder adder("adder", TileAdderConfig{}, RegisterConfig{128, {}, {}, {}, {}, {}});
  Sums sum;
  adder.add(sum, {1, 2, 3}, 3, 32, true);
  adder.add(sum, {10, 20, 30}, 3, 32, false);
  EXPECT_EQ(adder.cycles_for(8), 1u);
  EXPECT_EQ(adder.cycles_for(9), 2u);
  EXPECT_EQ(sum, (Sums{11, 22, 33}));
  EXPECT_EQ(adder.adds(), 3u);
  EXPECT_EQ(adder.register_writes(), 2u);
  EXPECT_EQ(adder.register_reads(), 1u);
}

}  // namespace
}  // namespace kirchhoff::hw
