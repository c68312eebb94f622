#include "quant/network/conducted_weights.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "quant/network/crossbar_columns.h"

namespace kirchhoff::quant {
namespace {

/// Cells that conduct up to `most` whole levels more than they should: converters without limits
/// round nothing then.
class BrightCells final : public CellSource {
 public:
  BrightCells(std::uint64_t seed, int most) : seed_(seed), most_(most) {}
  int conductance(const CellArray& array, int row, int column, int level) const override {
    std::mt19937_64 engine(
        seed_ ^ static_cast<std::uint64_t>(array.row_begin * 7919 + array.column_begin * 104729 +
                                           array.slice * 31 + (array.negative ? 17 : 0) +
                                           row * 1009 + column * 65537));
    const auto more = static_cast<int>(engine() % static_cast<std::uint64_t>(most_ + 1));
    return (level + more) << kFractionBits;
  }

 private:
  const std::uint64_t seed_;
  const int most_;
};

/// Cells that conduct less than half a level too much.
class NearCells final : public CellSource {
 public:
  int conductance(const CellArray& array, int row, int column, int level) const override {
    return (level << kFractionBits) +
           (31 * row + 17 * column + 7 * array.slice + (array.negative ? 60 : 0)) % 127;
  }
};

class ConductedWeights : public testing::Test {
 protected:
  int draw(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }
  /// A matrix of a few blocks in either direction, in groups at times.
  Layer random_layer(bool grouped) {
    Layer layer;
    layer.kind = LayerKind::kConvolution;
    layer.groups = grouped ? draw(2, 4) : 1;
    layer.input = {layer.groups * draw(1, 5), 8, 8};
    layer.out_channels = layer.groups * draw(1, 6);
    layer.kernel_height = draw(1, 3);
    layer.kernel_width = draw(1, 3);
    return layer;
  }
  Eigen::MatrixXi random_weights(const Layer& layer, int bits) {
    const int top = (1 << (bits - 1)) - 1;
    Eigen::MatrixXi weights(layer.rows(), layer.out_channels);
    for (int c = 0; c < weights.cols(); ++c) {
      for (int r = 0; r < weights.rows(); ++r) weights(r, c) = draw(-top, top);
    }
    return weights;
  }
  AdcModel random_converter(int most) {
    AdcModel adc;
    adc.bits = 20;  // no conversion clips
    adc.block_rows = 8 << draw(0, 2);
    adc.block_columns = draw(2, 9);
    adc.cell_bits = 1 << draw(0, 2);
    adc.offset = draw(0, 1) == 1;
    adc.sign_slice = draw(0, 1) == 1;
    adc.cells = std::make_shared<BrightCells>(engine_(), most);
    return adc;
  }
  std::mt19937_64 engine_{41};
};

TEST_F(ConductedWeights, OfCellsThatConductTheirLevelsAreTheWeights) {
  for (int round = 0; round < 100; ++round) {
    const Layer layer = random_layer(round % 2 == 1);
    const int bits = draw(2, 8);
    const Eigen::MatrixXi weights = random_weights(layer, bits);
    EXPECT_EQ(conducted_weights(random_converter(0), LayerId{0}, layer, weights, bits),
              weights.cast<float>())
        << round;
  }
}

// What no converter rounds is a product with the conducted weights.
TEST_F(ConductedWeights, AreWhatTheColumnsAddUp) {
  int changed = 0;
  for (int round = 0; round < 100; ++round) {
    const Layer layer = random_layer(false);
    IntegerLayer integers;
    const int bits = draw(2, 8);
    integers.weights = random_weights(layer, bits);
    integers.weight_bits = bits;
    integers.activation_bits = draw(1, 8);
    const AdcModel adc = random_converter(2);
    const Eigen::MatrixXf acting =
        conducted_weights(adc, LayerId{0}, layer, integers.weights, bits);
    changed += acting != integers.weights.cast<float>() ? 1 : 0;

    std::vector<std::int32_t> window(static_cast<std::size_t>(layer.rows()));
    for (std::int32_t& input : window) input = draw(0, (1 << integers.activation_bits) - 1);
    const Eigen::VectorXf inputs =
        Eigen::Map<const Eigen::VectorXi>(window.data(), layer.rows()).cast<float>();
    std::uint64_t clipped = 0;
    const auto sums = CrossbarColumns(layer, integers, adc, LayerId{0}).read(window, clipped);
    ASSERT_EQ(clipped, 0u);
    const Eigen::VectorXf expected = acting.transpose() * inputs;
    for (int c = 0; c < layer.out_channels; ++c)
      ASSERT_EQ(static_cast<float>(sums[static_cast<std::size_t>(c)]), expected(c)) << round;
  }
  EXPECT_GT(changed, 90);
}

// One cell at a time is taken for its level.
TEST_F(ConductedWeights, NearMemoryModeReadsWeightsBack) {
  for (int round = 0; round < 20; ++round) {
    const Layer layer = random_layer(round % 4 == 3);
    const int bits = draw(2, 8);
    const Eigen::MatrixXi weights = random_weights(layer, bits);
    AdcModel adc;
    adc.cells = std::make_shared<NearCells>();
    adc.cell_bits = 1 << draw(0, 2);
    adc.block_rows = draw(4, 40);
    adc.offset = draw(0, 1) == 1;
    adc.bits = adc.cell_bits + (adc.offset ? 0 : 1);
    adc.rows_per_read = 1;
    const Eigen::MatrixXf column = conducted_weights(adc, LayerId{0}, layer, weights, bits);
    EXPECT_FALSE(column.isApprox(weights.cast<float>(), 1e-6f));
    adc.digital = true;
    EXPECT_EQ(conducted_weights(adc, LayerId{0}, layer, weights, bits), weights.cast<float>());
  }
}

}  // namespace
}  // namespace kirchhoff::quant
