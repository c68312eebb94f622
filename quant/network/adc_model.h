#pragma once

#include <algorithm>

#include "quant/network/integer_network.h"
#include "quant/network/matrix_blocks.h"

namespace kirchhoff::quant {

/// The part of the analogue datapath that can change integers (docs/arithmetic.md).
struct AdcModel {
  int bits = 8;             ///< code width: two's complement, or unsigned with `offset`
  int lsb = 1;              ///< difference of column sums per code step
  int block_rows = 128;     ///< word lines of a crossbar: a column never spans more rows
  int block_columns = 128;  ///< columns of a crossbar: what shares its word lines
  GroupedMatrix grouped = GroupedMatrix::kDiagonal;
  int cell_bits = 1;         ///< bits of a weight per cell: 1, 2 or 4
  bool offset = false;       ///< one array per slice of weight + 2^(w-1), columns flipped
  bool unit_column = false;  ///< offset: the sum of the inputs passes through the converter, too

  /// clamp(floor(value/lsb + 1/2), low, high) * lsb with [low, high] the range of the codes.
  int convert(int value) const {
    const int half = 1 << (bits - 1);
    return std::clamp(unlimited_code(value), offset ? 0 : -half, offset ? 2 * half - 1 : half - 1) *
           lsb;
  }
  /// True when the code of `value` saturates.
  bool clips(int value) const { return unlimited_code(value) * lsb != convert(value); }
  /// Largest level of a cell.
  int top_level() const { return (1 << cell_bits) - 1; }
  /// Offset: a column is stored flipped from this sum of its levels on. It is the most significant
  /// bit of the largest sum that a whole array could give.
  int flip_threshold() const;
  /// True when no column of a block with `rows` used rows is changed.
  bool lossless(int rows) const;
  /// True when no input can make a column of this layer's blocks change: the ADC is exact up to
  /// what all cells of the column conduct together.
  bool lossless(const Layer& shape, const IntegerLayer& layer) const;

 private:
  /// The converter's code before saturation: the quotient rounded towards minus infinity.
  int unlimited_code(int value) const {
    const int dividend = 2 * value + lsb, divisor = 2 * lsb;
    return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
  }
};

}  // namespace kirchhoff::quant
