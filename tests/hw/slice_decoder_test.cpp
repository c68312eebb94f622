#include "hw/pe/slice_decoder.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(SliceDecoderTest, DifferentialCodesAreProductsAlready) {
  const SliceDecoder decoder(PeConfig{}, PeSetup{}, 3, {});
  Columns codes = {4, -2};
  decoder.decode(9, codes);
  EXPECT_EQ(codes, (Columns{4, -2}));
  EXPECT_EQ(decoder.shift(0), 3);
  EXPECT_EQ(decoder.shift(5), 8);
  EXPECT_EQ(decoder.extra_adds(), 0);
}

TEST(SliceDecoderTest, ASliceOfWiderCellsLiesAsManyBitsHigher) {
  PeConfig config;
  config.crossbar.cell_bits = 4;
  EXPECT_EQ(SliceDecoder(config, PeSetup{}, 2, {}).shift(1), 9);
}

// Weights, stored as weight + 2^(w-1) in cells, some columns flipped: codes of all slices and the
// sum of the inputs give the product with the weights again.
TEST(SliceDecoderTest, OffsetSlicesAddUpToTheProduct) {
  std::mt19937_64 engine(9);
  for (const auto input_sum : {InputSum::kUnitColumn, InputSum::kDigital}) {
    for (const int cell_bits : {1, 2, 4}) {
      PeConfig config;
      config.encoding = Encoding::kOffset;
      config.input_sum = input_sum;
      config.crossbar.cell_bits = cell_bits;
      PeSetup setup;
      setup.weight_bits = 6;
      setup.slices = weight_slices(config.encoding, SliceRule::kEq7, 6, cell_bits);
      constexpr int kRows = 20, kColumns = 7;
      std::vector<int> driven(kRows);
      int inputs = 0;
      for (int& line : driven) inputs += line = static_cast<int>(engine() % 2);
      std::vector<std::vector<int>> weights(kColumns, std::vector<int>(kRows));
      for (auto& column : weights) {
        for (int& weight : column) weight = static_cast<int>(engine() % 63) - 31;
      }
      std::vector<int> sums(kColumns, 0);
      for (int slice = 0; slice < setup.slices; ++slice) {
        std::vector<std::uint8_t> flipped(kColumns);
        for (auto& flag : flipped) flag = engine() % 2 == 1;
        Columns codes(kColumns, 0);
        for (std::size_t c = 0; c < kColumns; ++c) {
          for (std::size_t r = 0; r < kRows; ++r) {
            const int top = top_level(cell_bits);
            const int level = (weights[c][r] + 32) >> (slice * cell_bits) & top;
            codes[c] += driven[r] * (flipped[c] != 0 ? top - level : level);
          }
        }
        if (input_sum == InputSum::kUnitColumn) codes.push_back(inputs);
        const SliceDecoder decoder(config, setup, slice, flipped);
        decoder.decode(inputs, codes);
        ASSERT_EQ(codes.size(), static_cast<std::size_t>(kColumns));
        for (std::size_t c = 0; c < kColumns; ++c) sums[c] += codes[c] * (1 << decoder.shift(0));
        EXPECT_EQ(decoder.extra_adds(), input_sum == InputSum::kDigital ? 1 : 0);
      }
      for (std::size_t c = 0; c < kColumns; ++c) {
        int product = 0;
        for (std::size_t r = 0; r < kRows; ++r) product += weights[c][r] * driven[r];
        EXPECT_EQ(sums[c], product) << cell_bits << " " << c;
      }
    }
  }
}

// The number of driven lines counts only where nothing in the array counts them.
TEST(SliceDecoderTest, TheUnitColumnComesBeforeTheCountOfLines) {
  PeConfig config;
  config.encoding = Encoding::kOffset;
  PeSetup setup;
  setup.weight_bits = 2;
  setup.slices = 2;
  Columns codes = {5, 4};  // the unit column saturated at 4
  SliceDecoder(config, setup, 0, {1}).decode(9, codes);
  EXPECT_EQ(codes, Columns{4 - 5 - 4 * 2});
}

TEST(SliceDecoderTest, SizesAloneHaveNoCodes) {
  PeConfig config;
  config.encoding = Encoding::kOffset;
  Columns none;
  SliceDecoder(config, PeSetup{}, 0, {}).decode(3, none);
  EXPECT_TRUE(none.empty());
}

}  // namespace
}  // namespace kirchhoff::hw
