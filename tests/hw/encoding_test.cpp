#include "hw/config/encoding.h"

#include <algorithm>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(EncodingTest, SlicesHoldEveryBitOfAWeightAndNoMore) {
  for (const int cell_bits : {1, 2, 4}) {
    for (int bits = 2; bits <= 16; ++bits) {
      const int all = weight_slices(Encoding::kOffset, SliceRule::kEq7, bits, cell_bits);
      EXPECT_GE(all * cell_bits, bits);
      EXPECT_LT((all - 1) * cell_bits, bits);
      EXPECT_EQ(weight_slices(Encoding::kOffset, SliceRule::kMagnitude, bits, cell_bits), all)
          << "an offset weight has no sign to spare";
      const int magnitude =
          weight_slices(Encoding::kDifferential, SliceRule::kMagnitude, bits, cell_bits);
      EXPECT_GE(magnitude * cell_bits, bits - 1);
      EXPECT_LT((magnitude - 1) * cell_bits, bits - 1);
    }
  }
}

// Whatever a column holds, as stored it stays below the threshold, or a bit would be lost.
TEST(EncodingTest, AFlippedColumnStaysBelowTheThreshold) {
  for (const int cell_bits : {1, 2, 4}) {
    for (const int rows : {1, 2, 31, 32, 33, 100, 128, 512}) {
      const int largest = rows * top_level(cell_bits), threshold = flip_threshold(rows, cell_bits);
      EXPECT_LE(threshold, largest);
      for (int sum = 0; sum <= largest; ++sum) {
        const int stored = sum >= threshold ? largest - sum : sum;
        ASSERT_LT(stored, threshold) << rows << " rows of " << cell_bits << " bits, " << sum;
      }
    }
  }
}

TEST(EncodingTest, SumsOfTheLargestProductsFitTheirRegister) {
  for (int w = 2; w <= 16; ++w) {
    for (int a = 1; a <= 16; ++a) {
      for (const int rows : {1, 128, 1152, 4608, 65536}) {
        const std::int64_t largest = (std::int64_t{1} << (w - 1)) * ((std::int64_t{1} << a) - 1);
        const int bits = sum_bits(w, a, rows);
        EXPECT_TRUE(bits == 32 || bits == 48 || bits == 64);
        EXPECT_LE(largest * rows, std::numeric_limits<std::int64_t>::max() >> (64 - bits))
            << w << " " << a << " " << rows;
      }
    }
  }
  EXPECT_EQ(sum_bits(8, 8, 128), 32);
  EXPECT_EQ(sum_bits(16, 16, 128), 48);
}

TEST(EncodingTest, OnlyTheOffsetEncodingHasAUnitColumn) {
  EXPECT_EQ(extra_columns(Encoding::kDifferential, InputSum::kUnitColumn), 0);
  EXPECT_EQ(extra_columns(Encoding::kOffset, InputSum::kDigital), 0);
  EXPECT_EQ(extra_columns(Encoding::kOffset, InputSum::kUnitColumn), 1);
}

}  // namespace
}  // namespace kirchhoff::hw
