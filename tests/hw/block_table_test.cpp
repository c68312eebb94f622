#include "hw/pe/block_table.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

PeSetup block(int rows, int first_pair, int slices) {
  PeSetup setup;
  setup.rows = rows;
  setup.columns = 4;
  setup.slices = slices;
  setup.first_pair = first_pair;
  return setup;
}

TEST(BlockTableTest, KnowsTheBlockOfEveryPair) {
  const PeConfig config;
  BlockTable table(config);
  EXPECT_TRUE(table.set(0, block(10, 0, 3)));
  EXPECT_TRUE(table.set(2, block(20, 4, 2)));
  EXPECT_EQ(table.active(), (std::vector<int>{0, 2}));
  EXPECT_EQ(table.block_of_pair(2), 0);
  EXPECT_EQ(table.block_of_pair(3), -1);
  EXPECT_EQ(table.block_of_pair(5), 2);
  EXPECT_EQ(table.setup(2).rows, 20);
}

TEST(BlockTableTest, SaysWhetherABlockHasChanged) {
  const PeConfig config;
  BlockTable table(config);
  EXPECT_TRUE(table.set(1, block(10, 0, 3)));
  EXPECT_FALSE(table.set(1, block(10, 0, 3)));
  EXPECT_TRUE(table.set(1, block(11, 0, 3)));
}

TEST(BlockTableTest, ABlockWithoutRowsFreesItsPairs) {
  const PeConfig config;
  BlockTable table(config);
  table.set(0, block(10, 0, 3));
  table.set(0, block(0, 0, 3));
  EXPECT_TRUE(table.active().empty());
  EXPECT_EQ(table.block_of_pair(0), -1);
}

}  // namespace
}  // namespace kirchhoff::hw
