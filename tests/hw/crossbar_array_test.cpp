#include "hw/crossbar/crossbar_array.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(CrossbarArrayTest, CountsDrivenConductingCellsOfAColumn) {
  std::mt19937_64 engine(3);
  for (const int size : {32, 100, 128, 512}) {
    CrossbarArray array(size, size);
    std::vector<std::vector<bool>> cells(static_cast<std::size_t>(size),
                                         std::vector<bool>(static_cast<std::size_t>(size)));
    const int bytes = (size + 7) / 8;
    for (int r = 0; r < size; ++r) {
      std::vector<std::uint8_t> row(static_cast<std::size_t>(bytes), 0);
      for (int c = 0; c < size; ++c) {
        const bool set = engine() % 3 == 0;
        cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] = set;
        if (set) row[static_cast<std::size_t>(c / 8)] |= static_cast<std::uint8_t>(1u << (c % 8));
      }
      array.write_row(r, row.data());
      std::vector<std::uint8_t> back(static_cast<std::size_t>(bytes));
      array.read_row(r, back.data());
      EXPECT_EQ(back, row);
    }
    LinePlane lines{};
    for (int r = 0; r < size; ++r) {
      if (engine() % 2) lines[static_cast<std::size_t>(r / 64)] |= std::uint64_t{1} << (r % 64);
    }
    Columns sums(static_cast<std::size_t>(size));
    array.sum(lines, size, sums.data());
    for (int c = 0; c < size; ++c) {
      int expected = 0;
      for (int r = 0; r < size; ++r) {
        expected += cells[static_cast<std::size_t>(r)][static_cast<std::size_t>(c)] &&
                    (lines[static_cast<std::size_t>(r / 64)] >> (r % 64) & 1);
      }
      EXPECT_EQ(sums[static_cast<std::size_t>(c)], expected);
    }
  }
}

TEST(CrossbarArrayTest, RewritingARowClearsItsOldCells) {
  CrossbarArray array(32, 32);
  const std::uint8_t ones[4] = {255, 255, 255, 255}, zeros[4] = {};
  array.write_row(5, ones);
  EXPECT_EQ(array.level(5, 31), 1);
  array.write_row(5, zeros);
  EXPECT_EQ(array.level(5, 31), 0);
}

}  // namespace
}  // namespace kirchhoff::hw
