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

// With the differential encoding nothing but shifts lies between codes and sums.
TEST_F(CrossbarColumnsTest, ShiftedCodesAddUpToTheSum) {
  for (const int lsb : {1, 2, 3}) {
    const AdcModel adc = model(3, lsb, 2, false, false);
    const CrossbarColumns columns(shape(), layer(), adc);
    std::uint64_t clipped = 0;
    const auto sums = columns.read(window_, clipped);
    for (int c = 0; c < 6; ++c) {
      const ConversionCodes codes = columns.codes(window_, c);
      EXPECT_EQ(codes.blocks, 3);
      EXPECT_EQ(codes.bits, 4);
      EXPECT_EQ(codes.slices, 3);
      std::int64_t sum = 0;
      for (int block = 0; block < 3; ++block) {
        for (int bit = 0; bit < 4; ++bit) {
          for (int slice = 0; slice < 3; ++slice) {
            EXPECT_EQ(codes.code(block, bit, slice) % lsb, 0);
            sum += std::int64_t{codes.code(block, bit, slice)} * (1 << (bit + 2 * slice));
          }
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
  for (int bit = 0; bit < 4; ++bit) {
    EXPECT_EQ(unit.unit(0, bit), 7);  // of 16, with codes of three bits
    EXPECT_EQ(digital.unit(0, bit), 16);
    EXPECT_EQ(digital.unit(2, bit), 9);
  }
  EXPECT_EQ(unit.column, digital.column);
}

TEST_F(CrossbarColumnsTest, AColumnOfLargeLevelsIsStoredFlipped) {
  // Levels of all ones on 16 rows: 16 >= the threshold, so the cells hold zeros and conduct
  // nothing.
  integers_.layers[LayerId{0}].weights.setConstant(15);
  window_.assign(41, 15);
  const ConversionCodes codes =
      CrossbarColumns(shape(), layer(), model(6, 1, 1, true, true)).codes(window_, 2);
  for (int slice = 0; slice < 5; ++slice) {
    EXPECT_EQ(codes.code(0, 0, slice), 0);
    EXPECT_EQ(codes.code(2, 0, slice), 9) << "too few rows to flip";
  }
}

}  // namespace
}  // namespace kirchhoff::quant
