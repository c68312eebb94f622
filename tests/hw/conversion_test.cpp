#include "hw/pe/conversion.h"

#include <cstdlib>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(ConversionTest, EightBitsClipOnlyPlus128) {
  AdcConfig adc;
  std::uint64_t clipped = 0;
  const Converter converter(adc, Encoding::kDifferential);
  for (int d = -128; d <= 127; ++d) EXPECT_EQ(converter.convert(d, clipped), d);
  EXPECT_EQ(clipped, 0u);
  EXPECT_EQ(converter.convert(128, clipped), 127);
  EXPECT_EQ(clipped, 1u);
}

TEST(ConversionTest, CoarseStepsRoundToTheNearestMultipleHalvesUp) {
  AdcConfig adc;
  adc.bits = 5;
  adc.lsb = 8;
  const Converter converter(adc, Encoding::kDifferential);
  std::uint64_t clipped = 0;
  EXPECT_EQ(converter.convert(3, clipped), 0);
  EXPECT_EQ(converter.convert(4, clipped), 8);
  EXPECT_EQ(converter.convert(-4, clipped), 0);
  EXPECT_EQ(converter.convert(-5, clipped), -8);
  EXPECT_EQ(clipped, 0u);
  EXPECT_EQ(converter.convert(128, clipped), 120);
  EXPECT_EQ(converter.convert(-128, clipped), -128);
  EXPECT_EQ(clipped, 1u);
}

// The charge that is left is below a spike's and not below zero.
TEST(ConversionTest, SpikesCountWholeSteps) {
  AdcConfig adc;
  adc.kind = AdcKind::kIntegrateFire;
  adc.bits = 5;
  adc.lsb = 8;
  const Converter converter(adc, Encoding::kDifferential);
  std::uint64_t clipped = 0;
  for (int value = -128; value <= 127; ++value) {
    const int left = value - converter.convert(value, clipped);
    EXPECT_GE(left, 0) << value;
    EXPECT_LT(left, 8) << value;
  }
  EXPECT_EQ(clipped, 0u);
  EXPECT_EQ(converter.convert(128, clipped), 120);
  EXPECT_EQ(converter.convert(-129, clipped), -128);
  EXPECT_EQ(clipped, 2u);
  adc.lsb = 1;
  EXPECT_EQ(Converter(adc, Encoding::kOffset).convert(31, clipped), 31);
  EXPECT_EQ(clipped, 2u);
  // Of real cells 2.99 levels are two spikes.
  EXPECT_EQ(Converter(adc, Encoding::kOffset, 8).convert(3 * 256 - 1, clipped), 2);
}

TEST(ConversionTest, OffsetCodesAreUnsigned) {
  AdcConfig adc;
  adc.bits = 4;
  std::uint64_t clipped = 0;
  const Converter converter(adc, Encoding::kOffset);
  EXPECT_EQ(converter.convert(15, clipped), 15);
  EXPECT_EQ(converter.convert(0, clipped), 0);
  EXPECT_EQ(clipped, 0u);
  EXPECT_EQ(converter.convert(16, clipped), 15);
  EXPECT_EQ(clipped, 1u);
}

// All columns at once, by vectors where the step is one: the codes and the count of single ones.
TEST(ConversionTest, ABurstIsItsConversionsOneByOne) {
  for (const int lsb : {1, 2, 3, -3}) {
    for (const auto encoding : {Encoding::kDifferential, Encoding::kOffset}) {
      AdcConfig adc;
      if (lsb < 0) adc.kind = AdcKind::kIntegrateFire;
      adc.bits = 5;
      adc.lsb = std::abs(lsb);
      const Converter converter(adc, encoding);
      Columns values, expected, codes;
      std::uint64_t clipped = 0, one_by_one = 0;
      for (int value = -101; value <= 101; ++value) {
        values.push_back(value);
        expected.push_back(converter.convert(value, one_by_one));
      }
      converter.convert(values, 0, kIdealConverters, codes, clipped);
      EXPECT_EQ(codes, expected) << lsb;
      EXPECT_EQ(clipped, one_by_one) << lsb;
    }
  }
}

// Lossless: every value that a block of so many rows can give comes out as it went in.
TEST(ConversionTest, LosslessIsWhatNoColumnCanShow) {
  int lossless_chips = 0, lossy_chips = 0;
  for (const auto encoding : {Encoding::kDifferential, Encoding::kOffset}) {
    for (int bits = 3; bits <= 9; ++bits) {
      for (const int cell_bits : {1, 2}) {
        for (const int rows : {1, 3, 4, 15, 16, 17, 31, 32}) {
          PeConfig pe;
          pe.encoding = encoding;
          pe.adc.bits = bits;
          pe.crossbar.rows = 32;
          pe.crossbar.cell_bits = cell_bits;
          const Converter converter(pe.adc, encoding);
          const int top = top_level(cell_bits), threshold = flip_threshold(32, cell_bits);
          const bool offset = encoding == Encoding::kOffset;
          std::uint64_t clipped = 0;
          bool same = true;
          for (int value = offset ? 0 : -rows * top; value <= rows * top; ++value) {
            if (offset && value >= threshold) break;  // stored flipped
            same = same && converter.convert(value, clipped) == value;
          }
          if (offset) same = same && converter.convert(rows, clipped) == rows;  // the unit column
          EXPECT_EQ(lossless(pe, rows), same) << bits << " " << cell_bits << " " << rows;
          (same ? lossless_chips : lossy_chips) += 1;
        }
      }
    }
  }
  EXPECT_GT(lossless_chips, 50);
  EXPECT_GT(lossy_chips, 50);
}

// Two converters: the second begins its codes ten levels higher.
TEST(ConversionTest, RealConvertersTakeColumnsInTurn) {
  AdcConfig adc;
  adc.bits = 3;
  const Converter converter(adc, Encoding::kDifferential, 8);
  std::vector<std::int32_t> early, late;
  for (int i = 0; i <= 8; ++i) {
    early.push_back(256 * (i - 4) - 128);
    late.push_back(early.back() + 2560);
  }
  const std::vector<base::Staircase> real{base::Staircase(early), base::Staircase(late)};
  Columns codes;
  std::uint64_t clipped = 0;
  const Columns values{0, 0, 256, 2560, 127};
  converter.convert(values, 0, real, codes, clipped);
  EXPECT_EQ(codes, (Columns{0, -4, 1, 0, 0}));
  EXPECT_EQ(clipped, 1u);
  converter.convert(values, 3, real, codes, clipped);
  EXPECT_EQ(codes, (Columns{-4, 0, -4, 3, -4}));
  EXPECT_EQ(clipped, 5u);
}

}  // namespace
}  // namespace kirchhoff::hw
