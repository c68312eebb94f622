#include "quant/network/adc_model.h"

#include <algorithm>
#include <cmath>
#include <string>

#include <gtest/gtest.h>

namespace kirchhoff::quant {
namespace {

TEST(AdcModel, NineBitsWithUnitStepLoseNothing) {
  AdcModel adc;
  adc.bits = 9;
  for (int difference = -128; difference <= 128; ++difference) {
    EXPECT_EQ(adc.convert(difference), difference);
    EXPECT_FALSE(adc.clips(difference));
  }
  EXPECT_TRUE(adc.lossless(128));
  EXPECT_TRUE(adc.lossless(100000));  // a block has no more than block_rows rows
}

TEST(AdcModel, EightBitsLoseOnlyTheLargestDifference) {
  const AdcModel adc;
  EXPECT_EQ(adc.convert(127), 127);
  EXPECT_EQ(adc.convert(128), 127);
  EXPECT_EQ(adc.convert(-128), -128);
  EXPECT_TRUE(adc.clips(128));
  EXPECT_FALSE(adc.clips(-128));
  EXPECT_TRUE(adc.lossless(127));
  EXPECT_FALSE(adc.lossless(128));
}

TEST(AdcModel, DigitsShareTheBitsOfANumberOut) {
  AdcModel adc;
  const auto text = [&](int digit_bits, int activation_bits) {
    adc.digit_bits = digit_bits;
    std::string out;
    int next = 0;
    for (const AdcModel::Digit& digit : adc.digits(activation_bits)) {
      EXPECT_EQ(digit.bit, next);
      next += digit.bits;
      out += std::to_string(digit.bits);
    }
    EXPECT_EQ(next, activation_bits);
    return out;
  };
  EXPECT_EQ(text(1, 4), "1111");
  EXPECT_EQ(text(3, 8), "332");
  EXPECT_EQ(text(3, 4), "22");
  EXPECT_EQ(text(3, 1), "1");
  EXPECT_EQ(text(4, 7), "43");
}

TEST(AdcModel, SpikesCountWholeSteps) {
  AdcModel adc;
  adc.bits = 6;
  adc.lsb = 4;
  adc.rounds = false;
  for (int difference = -200; difference <= 200; ++difference) {
    const int whole = static_cast<int>(std::floor(difference / 4.0));
    EXPECT_EQ(adc.convert(difference), std::clamp(whole, -32, 31) * 4) << difference;
    EXPECT_EQ(adc.clips(difference), whole < -32 || whole > 31) << difference;
  }
  adc.lsb = 1;
  EXPECT_TRUE(adc.lossless(31));
}

TEST(AdcModel, NearMemoryConvertersSeeNoMoreThanACell) {
  AdcModel adc;
  adc.bits = 2;
  adc.digit_bits = 8;
  adc.rows_per_read = 1;
  EXPECT_FALSE(adc.lossless(128));
  adc.digital = true;
  EXPECT_TRUE(adc.lossless(128));
  adc.cell_bits = 2;
  EXPECT_FALSE(adc.lossless(128));
  adc.offset = true;
  EXPECT_TRUE(adc.lossless(128));
}

TEST(AdcModel, CoarseStepsRoundHalvesUpwards) {
  AdcModel adc;
  adc.bits = 6;
  adc.lsb = 4;
  // floor(d/4 + 1/2) * 4, also below zero.
  EXPECT_EQ(adc.convert(1), 0);
  EXPECT_EQ(adc.convert(2), 4);
  EXPECT_EQ(adc.convert(5), 4);
  EXPECT_EQ(adc.convert(6), 8);
  EXPECT_EQ(adc.convert(-1), 0);
  EXPECT_EQ(adc.convert(-2), 0);
  EXPECT_EQ(adc.convert(-3), -4);
  EXPECT_EQ(adc.convert(-6), -4);
  EXPECT_EQ(adc.convert(-7), -8);
  EXPECT_EQ(adc.convert(128), 124);
  EXPECT_EQ(adc.convert(125), 124);
  EXPECT_FALSE(adc.clips(125));
  EXPECT_TRUE(adc.clips(126));
  EXPECT_EQ(adc.convert(-128), -128);
  EXPECT_FALSE(adc.lossless(8));
  for (int difference = -128; difference <= 128; ++difference) {
    const int exact = static_cast<int>(std::floor(difference / 4.0 + 0.5));
    EXPECT_EQ(adc.convert(difference), std::clamp(exact, -32, 31) * 4) << difference;
  }
}

TEST(AdcModel, AnOddStepRoundsToTheNearest) {
  AdcModel adc;
  adc.lsb = 3;
  EXPECT_EQ(adc.convert(1), 0);
  EXPECT_EQ(adc.convert(2), 3);
  EXPECT_EQ(adc.convert(-1), 0);
  EXPECT_EQ(adc.convert(-2), -3);
}

}  // namespace
}  // namespace kirchhoff::quant
