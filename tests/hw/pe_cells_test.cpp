#include "hw/pe/pe_cells.h"

#include <array>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

constexpr reg::Address array_address(int array) {
  return reg::kCellArrayStride * static_cast<unsigned>(array);
}

PeConfig small(Encoding encoding) {
  PeConfig config;
  config.pairs = 2;
  config.encoding = encoding;
  config.crossbar.rows = 8;
  config.crossbar.cols = 16;  // two bytes per row
  return config;
}

TEST(PeCellsTest, RowsComeBackAndLandInTheirArray) {
  PeCells cells(small(Encoding::kDifferential));
  const std::array<std::uint8_t, 4> rows{0x01, 0x80, 0x02, 0x00};
  ASSERT_TRUE(cells.write(array_address(3) + 2, rows.data(), 4));
  EXPECT_EQ(cells.lane(1).negative->level(1, 0), 1);
  EXPECT_EQ(cells.lane(1).negative->level(1, 15), 1);
  EXPECT_EQ(cells.lane(1).negative->level(2, 1), 1);
  EXPECT_EQ(cells.lane(1).positive.level(1, 0), 0);
  std::array<std::uint8_t, 4> back{};
  ASSERT_TRUE(cells.read(array_address(3) + 2, back.data(), 4));
  EXPECT_EQ(back, rows);
}

TEST(PeCellsTest, RefusesWhatIsNotWholeRowsOfAnArrayThatIsThere) {
  PeCells cells(small(Encoding::kDifferential));
  std::array<std::uint8_t, 32> bytes{};
  EXPECT_FALSE(cells.read(array_address(4), bytes.data(), 2));       // of two pairs
  EXPECT_FALSE(cells.read(array_address(0) + 1, bytes.data(), 2));   // within a row
  EXPECT_FALSE(cells.read(array_address(0), bytes.data(), 3));       // half a row
  EXPECT_FALSE(cells.read(array_address(0) + 14, bytes.data(), 4));  // past the last row
  EXPECT_TRUE(cells.read(array_address(0) + 14, bytes.data(), 2));
  EXPECT_FALSE(cells.write(array_address(0) + reg::kFlipOffset, bytes.data(), 2));
  EXPECT_FALSE(PeCells(small(Encoding::kOffset)).read(array_address(1), bytes.data(), 2));
}

TEST(PeCellsTest, FlagsOfTheOffsetEncodingAreOneBitPerColumn) {
  PeCells cells(small(Encoding::kOffset));
  const std::array<std::uint8_t, 2> flags{0x04, 0x80};
  ASSERT_TRUE(cells.write(array_address(2) + reg::kFlipOffset, flags.data(), 2));
  EXPECT_EQ(cells.lane(1).flipped[2], 1);
  EXPECT_EQ(cells.lane(1).flipped[15], 1);
  EXPECT_EQ(cells.lane(0).flipped[2], 0);
  std::array<std::uint8_t, 2> back{};
  ASSERT_TRUE(cells.read(array_address(2) + reg::kFlipOffset, back.data(), 2));
  EXPECT_EQ(back, flags);
  EXPECT_FALSE(cells.read(array_address(2) + reg::kFlipOffset, back.data(), 1));
}

TEST(PeCellsTest, EraseClearsCellsAndFlags) {
  PeCells cells(small(Encoding::kOffset));
  const std::array<std::uint8_t, 2> ones{0xff, 0xff};
  cells.write(array_address(0), ones.data(), 2);
  cells.write(array_address(0) + reg::kFlipOffset, ones.data(), 2);
  cells.erase();
  EXPECT_EQ(cells.lane(0).positive.level(0, 0), 0);
  EXPECT_EQ(cells.lane(0).flipped[0], 0);
}

}  // namespace
}  // namespace kirchhoff::hw
