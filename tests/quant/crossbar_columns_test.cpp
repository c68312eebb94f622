#include "quant/network/crossbar_columns.h"

#include <random>

#include <gtest/gtest.h>

#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

/// A layer of random weights, and one window of inputs for it.
class CrossbarColumnsTest : public testing::Test {
 protected:
  CrossbarColumnsTest() {
    const Network network = chain({41, 1, 1}, {}, 6);
    integers_ = random_integer_network(network, Policy::uniform(network, 5, 4), 3);
    std::mt19937_64 engine(4);
    for (int r = 0; r < 41; ++r) window_.push_back(static_cast<std::int32_t>(engine() % 16));
  }
  const IntegerLayer& layer() const { return integers_.layers[LayerId{0}]; }
  const Layer& shape() const { return integers_.network.layers[LayerId{0}]; }

  static AdcModel model(int bits, int lsb, int cell_bits, bool offset, bool unit_column) {
    AdcModel adc;
    adc.bits = bits;
    adc.lsb = lsb;
    adc.block_rows = 16;
    adc.cell_bits = cell_bits;
    adc.offset = offset;
    adc.unit_column = unit_column;
    return adc;
  }

  IntegerNetwork integers_;
  std::vector<std::int32_t> window_;
};

TEST_F(CrossbarColumnsTest, WithoutLossesASumIsTheProductWithTheWeights) {
  for (const bool offset : {false, true}) {
    for (const bool unit_column : {false, true}) {
      for (const int cell_bits : {1, 2, 4}) {
        const AdcModel adc = model(12, 1, cell_bits, offset, offset && unit_column);
        std::uint64_t clipped = 0;
        const auto sums = CrossbarColumns(shape(), layer(), adc).read(window_, clipped);
        EXPECT_EQ(clipped, 0u);
        for (int c = 0; c < 6; ++c) {
          std::int64_t product = 0;
          for (int r = 0; r < 41; ++r)
            product += std::int64_t{layer().weights(r, c)} * window_[static_cast<std::size_t>(r)];
          EXPECT_EQ(sums[static_cast<std::size_t>(c)], product) << offset << cell_bits << c;
        }
      }
    }
  }
}

// Rows in groups, several bits a step, inputs with and without a sign: the sum stays the product.
TEST_F(CrossbarColumnsTest, HoweverItIsReadTheSumIsTheProduct) {
  for (const bool input_signed : {false, true}) {
    integers_.layers[LayerId{0}].input_signed = input_signed;
    std::vector<std::int32_t> window = window_;
    for (std::int32_t& x : window) x -= input_signed ? 8 : 0;
    for (const bool offset : {false, true}) {
      for (const int rows_per_read : {0, 1, 5, 16}) {
        for (const int digit_bits : {1, 2, 3, 4}) {
          if (offset && input_signed && digit_bits > 1) continue;
          AdcModel adc = model(12, 1, 2, offset, offset);
          adc.rows_per_read = rows_per_read;
          adc.digit_bits = digit_bits;
          EXPECT_TRUE(adc.lossless(shape(), layer()));
          std::uint64_t clipped = 0;
          const auto sums = CrossbarColumns(shape(), layer(), adc).read(window, clipped);
          EXPECT_EQ(clipped, 0u);
          for (int c = 0; c < 6; ++c) {
            std::int64_t product = 0;
            for (int r = 0; r < 41; ++r)
              product += std::int64_t{layer().weights(r, c)} * window[static_cast<std::size_t>(r)];
            EXPECT_EQ(sums[static_cast<std::size_t>(c)], product)
                << offset << input_signed << " " << rows_per_read << " " << digit_bits;
          }
        }
      }
    }
  }
}

// A converter for 7: eight rows of ones saturate it, groups of seven do not.
TEST_F(CrossbarColumnsTest, FewerRowsAtOnceLoseLess) {
  integers_.layers[LayerId{0}].weights.setConstant(1);
  window_.assign(41, 15);
  AdcModel adc = model(4, 1, 1, false, false);
  std::uint64_t clipped = 0;
  EXPECT_LT(CrossbarColumns(shape(), layer(), adc).read(window_, clipped)[0], 41 * 15);
  EXPECT_FALSE(adc.lossless(shape(), layer()));
  EXPECT_FALSE(adc.lossless(16));
  adc.rows_per_read = 7;
  EXPECT_EQ(CrossbarColumns(shape(), layer(), adc).read(window_, clipped)[0], 41 * 15);
  EXPECT_TRUE(adc.lossless(shape(), layer()));
  EXPECT_TRUE(adc.lossless(16));
}

// With the differential encoding nothing but shifts lies between codes and sums.
TEST_F(CrossbarColumnsTest, ShiftedCodesAddUpToTheSum) {
  for (const int lsb : {1, 2, 3}) {
    const AdcModel adc = model(3, lsb, 2, false, false);
    const CrossbarColumns columns(shape(), layer(), adc);
    std::uint64_t clipped = 0;
    const auto sums = columns.read(window_, clipped);
    for (int c = 0; c < 6; ++c) {
      const ConversionCodes codes = columns.codes(window_, c);
      EXPECT_EQ(codes.reads.size(), 3u * 4u);
      std::int64_t sum = 0;
      for (const ConversionCodes::Read& read : codes.reads) {
        ASSERT_EQ(read.column.size(), 3u);
        for (int slice = 0; slice < 3; ++slice) {
          const int code = read.column[static_cast<std::size_t>(slice)];
          EXPECT_EQ(code % lsb, 0);
          sum += std::int64_t{code} * (1 << (read.bit + 2 * slice));
        }
      }
      EXPECT_EQ(sum, sums[static_cast<std::size_t>(c)]) << c;
    }
  }
}

TEST_F(CrossbarColumnsTest, TheUnitColumnPassesThroughTheConverter) {
  window_.assign(41, 15);  // every line of the blocks of 16, 16 and 9 rows is driven
  const ConversionCodes unit =
      CrossbarColumns(shape(), layer(), model(3, 1, 1, true, true)).codes(window_, 0);
  const ConversionCodes digital =
      CrossbarColumns(shape(), layer(), model(3, 1, 1, true, false)).codes(window_, 0);
  ASSERT_EQ(unit.reads.size(), digital.reads.size());
  for (std::size_t i = 0; i < unit.reads.size(); ++i) {
    EXPECT_EQ(unit.reads[i].units.front(), 7);  // of 16 or 9, with codes of three bits
    EXPECT_EQ(digital.reads[i].units.front(), digital.reads[i].row_block == 2 ? 9 : 16);
    EXPECT_EQ(unit.reads[i].column, digital.reads[i].column);
  }
}

TEST_F(CrossbarColumnsTest, AColumnOfLargeLevelsIsStoredFlipped) {
  // Levels of all ones on 16 rows: 16 >= the threshold, so the cells hold zeros and conduct
  // nothing.
  integers_.layers[LayerId{0}].weights.setConstant(15);
  window_.assign(41, 15);
  const ConversionCodes codes =
      CrossbarColumns(shape(), layer(), model(6, 1, 1, true, true)).codes(window_, 2);
  for (const ConversionCodes::Read& read : codes.reads) {
    const int expected = read.row_block == 2 ? 9 : 0;  // too few rows to flip
    EXPECT_EQ(read.column, std::vector<int>(5, expected));
  }
}

}  // namespace
}  // namespace kirchhoff::quant
