#include <gtest/gtest.h>

#include "mapping/mapping.h"
#include "quant/network/networks.h"
#include "sim/rounds.h"

namespace kirchhoff {
namespace {

std::vector<std::uint64_t> begins(std::vector<sim::CellWrite> writes, int at_once) {
  sim::schedule_writes(writes, at_once);
  std::vector<std::uint64_t> begins;
  for (const sim::CellWrite& write : writes) begins.push_back(write.begin_ps);
  return begins;
}

TEST(CellWrites, BeginAsSoonAsTheirTileIsFree) {
  EXPECT_EQ(begins({{5, 10, 0}, {0, 3, 0}, {7, 1, 0}}, 0), (std::vector<std::uint64_t>{5, 0, 7}));
}

TEST(CellWrites, WaitForAWriterTheFirstOfThemThatIsFree) {
  EXPECT_EQ(begins({{5, 10, 0}, {0, 3, 0}, {1, 4, 0}}, 1), (std::vector<std::uint64_t>{7, 0, 3}));
  // Both wait when the writer is free again: the first one in order is next.
  EXPECT_EQ(begins({{2, 10, 0}, {0, 3, 0}, {1, 4, 0}}, 1), (std::vector<std::uint64_t>{3, 0, 13}));
  EXPECT_EQ(begins({{0, 4, 0}, {0, 4, 0}, {0, 4, 0}}, 2), (std::vector<std::uint64_t>{0, 0, 4}));
  EXPECT_TRUE(begins({}, 0).empty());
}

class CellContentsTest : public testing::Test {
 protected:
  mapping::Mapping mapped(int tiles) const {
    hw::ChipConfig config;
    config.tiles = tiles;
    return mapping::map_network(network_, quant::Policy::uniform(network_, 6, 4), config);
  }
  const quant::Network network_ = quant::lenet5();  // a tile for each of five layers
};

// What no other round displaces is never written again.
TEST_F(CellContentsTest, TilesOfOneRoundAloneStay) {
  const mapping::Mapping mapping = mapped(4);
  ASSERT_EQ(mapping.rounds.size(), 2);
  sim::CellContents contents(mapping);
  using mapping::LogicalTile;
  EXPECT_TRUE(contents.missing(mapping::RoundId{0}).empty());
  EXPECT_EQ(contents.missing(mapping::RoundId{1}), (std::vector<LogicalTile>{LogicalTile{4}}));
  contents.take(mapping::RoundId{1});
  EXPECT_EQ(contents.missing(mapping::RoundId{0}), (std::vector<LogicalTile>{LogicalTile{0}}));
  EXPECT_EQ(contents.held().size(), 4u);
}

// Beside the first round lies what was written last.
TEST_F(CellContentsTest, AreAsARunLeavesThem) {
  const mapping::Mapping mapping = mapped(3);
  sim::CellContents contents(mapping);
  const auto at_first = contents.held();
  for (const mapping::RoundId round : mapping.rounds.ids()) contents.take(round);
  contents.take(mapping::RoundId{0});
  EXPECT_EQ(contents.held(), at_first);
  EXPECT_EQ(at_first.size(), 3u);
}

TEST_F(CellContentsTest, ImagesPassRoundsAloneOrTogether) {
  const mapping::Mapping mapping = mapped(3);
  const auto order = [&](int images, hw::RoundOf round_of) {
    std::vector<std::vector<int>> passes;
    for (const sim::Pass& pass : sim::passes_of(mapping, images, round_of))
      passes.push_back({index(pass.round), pass.first_image, pass.images});
    return passes;
  };
  using Order = std::vector<std::vector<int>>;
  EXPECT_EQ(order(2, hw::RoundOf::kImage), (Order{{0, 0, 1}, {1, 0, 1}, {0, 1, 1}, {1, 1, 1}}));
  EXPECT_EQ(order(2, hw::RoundOf::kStream), (Order{{0, 0, 2}, {1, 0, 2}}));
}

}  // namespace
}  // namespace kirchhoff
