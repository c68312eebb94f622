#include "quant/network/conducted_weights.h"

#include <cmath>
#include <cstdint>

#include "quant/network/matrix_blocks.h"

namespace kirchhoff::quant {
namespace {

/// One column of one block.
class Column {
 public:
  Column(const AdcModel& adc, LayerId id, const Layer& layer, const MatrixBlock& block,
         const Eigen::MatrixXi& weights, int bits, int column)
      : adc_(adc),
        id_(id),
        layer_(layer),
        block_(block),
        weights_(weights),
        bits_(bits),
        column_(column) {}

  /// Replaces the weights of the column by what its cells stand for.
  void conduct(Eigen::MatrixXf& result) const {
    for (int r = 0; r < block_.rows; ++r) {
      if (holds_weight(r)) result(own_row(r), column_) = 0.0f;
    }
    for (int j = 0; j < adc_.slices(bits_); ++j) {
      const bool flipped = adc_.offset && is_flipped(j);
      const auto unit = static_cast<float>(std::ldexp(1.0, j * adc_.cell_bits));
      for (int r = 0; r < block_.rows; ++r) {
        if (holds_weight(r)) result(own_row(r), column_) += unit * level(j, r, flipped);
      }
    }
    if (!adc_.offset) return;
    for (int r = 0; r < block_.rows; ++r) {
      if (holds_weight(r)) result(own_row(r), column_) -= static_cast<float>(1 << (bits_ - 1));
    }
  }

 private:
  int own_row(int r) const { return (block_.row_begin + r) % layer_.rows(); }
  bool holds_weight(int r) const {
    return (block_.row_begin + r) / layer_.rows() == layer_.group_of(column_);
  }
  int weight(int r) const { return holds_weight(r) ? weights_(own_row(r), column_) : 0; }

  bool is_flipped(int j) const {
    int levels = 0;
    for (int r = 0; r < block_.rows; ++r) levels += adc_.level(weight(r), bits_, j);
    return levels >= adc_.flip_threshold();
  }

  /// What slice `j` of a weight is worth, in levels.
  float level(int j, int r, bool flipped) const {
    const int number = weight(r), wanted = adc_.level(number, bits_, j), top = adc_.top_level();
    if (!adc_.offset) {
      return read(conductance(j, false, r, number < 0 ? 0 : wanted) -
                  conductance(j, true, r, number < 0 ? wanted : 0));
    }
    return flipped ? static_cast<float>(top) - read(conductance(j, false, r, top - wanted))
                   : read(conductance(j, false, r, wanted));
  }

  /// In levels. Near-memory mode converts what the cells of one weight conduct by itself.
  float read(int parts) const {
    if (adc_.digital) return static_cast<float>(adc_.convert(parts));
    return static_cast<float>(parts) / static_cast<float>(1 << CellSource::kFractionBits);
  }

  int conductance(int j, bool negative, int r, int wanted) const {
    return adc_.cells->conductance(
        {id_, block_.row_begin, block_.column_begin, j, negative, block_.rows, block_.columns}, r,
        column_ - block_.column_begin, wanted);
  }

  const AdcModel& adc_;
  const LayerId id_;
  const Layer& layer_;
  const MatrixBlock& block_;
  const Eigen::MatrixXi& weights_;
  const int bits_, column_;
};

}  // namespace

Eigen::MatrixXf conducted_weights(const AdcModel& adc, LayerId id, const Layer& layer,
                                  const Eigen::MatrixXi& weights, int weight_bits) {
  // Weights that are on no crossbars stay.
  Eigen::MatrixXf result = weights.cast<float>();
  for (const MatrixBlock& block :
       matrix_blocks(layer, adc.block_rows, adc.block_columns, adc.grouped)) {
    for (int c = block.column_begin; c < block.column_begin + block.columns; ++c)
      Column(adc, id, layer, block, weights, weight_bits, c).conduct(result);
  }
  return result;
}

}  // namespace kirchhoff::quant
