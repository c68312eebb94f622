#pragma once

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "quant/network/cell_source.h"
#include "quant/network/integer_network.h"
#include "quant/network/matrix_blocks.h"

namespace kirchhoff::quant {

/// The part of the analogue datapath that can change integers (docs/arithmetic.md).
struct AdcModel {
  int bits = 8;             ///< code width: two's complement, or unsigned with `offset`
  int lsb = 1;              ///< difference of column sums per code step
  int block_rows = 128;     ///< word lines of a crossbar: a column never spans more rows
  int block_columns = 128;  ///< columns of a crossbar: what shares its word lines
  int rows_per_read = 0;    ///< word lines that are read and converted together; 0: all
  int digit_bits = 1;       ///< most bits of an input that a bit step drives
  /// Near-memory mode: rows are read one at a time (rows_per_read is 1), and the code of a cell is
  /// multiplied by the row's digit.
  bool digital = false;
  bool rounds = true;  ///< to the nearest code; false: integrate-and-fire counts whole steps
  GroupedMatrix grouped = GroupedMatrix::kDiagonal;
  int cell_bits = 1;         ///< bits of a weight per cell: 1, 2 or 4
  bool offset = false;       ///< one array per slice of weight + 2^(w-1), columns flipped
  bool unit_column = false;  ///< offset: the sum of the inputs passes through the converter, too
  /// Differential: as many slices as a weight has bits, also for that of the sign, whose cells are
  /// all at level 0.
  bool sign_slice = true;
  /// What cells conduct; null: their levels. With it a column's value counts in the parts of a
  /// level that CellSource has.
  std::shared_ptr<const CellSource> cells;
  /// Converters of a pair that take its columns in turn, the unit column behind the last of a
  /// block, with errors of their own (CellSource::transfer); 0: ideal ones. Only with `cells`.
  int real_converters = 0;
  /// Standard deviations of the noise of conversions (base/conversion_noise.h): of a cell's
  /// conductance, as CellSource::noise_square() counts, and of what the converter adds, in parts of
  /// a level. Only with `cells`.
  float read_noise = 0, thermal_noise = 0;

  bool noisy() const { return read_noise > 0 || thermal_noise > 0; }
  /// clamp(floor(value/lsb + 1/2), low, high) * lsb with [low, high] the range of the codes,
  /// without the half where it does not round; a value of real cells counts in parts of a level,
  /// the result in levels.
  /// With `real` as that converter does.
  int convert(int value, const base::Staircase* real = nullptr) const {
    return std::clamp(unlimited_code(value, real), lowest_code(), highest_code()) * lsb;
  }
  /// True when the code of `value` saturates.
  bool clips(int value, const base::Staircase* real = nullptr) const {
    const int code = unlimited_code(value, real);
    return code < lowest_code() || code > highest_code();
  }
  int lowest_code() const { return offset ? 0 : -(1 << (bits - 1)); }
  int highest_code() const { return lowest_code() + (1 << bits) - 1; }
  /// What a bit step drives: bits `bit` up to `bit` + `bits` - 1 of the inputs. All digits of a
  /// number are equally wide, or the lower ones a bit wider.
  struct Digit {
    int bit = 0, bits = 1;
  };
  std::vector<Digit> digits(int activation_bits) const;
  /// Digits of several bits carry the sign of an input, too; a single bit is subtracted.
  bool drives_sign() const { return digit_bits > 1; }
  /// What a word line carries at most and at least.
  int largest_drive() const { return digital ? 1 : (1 << digit_bits) - 1; }
  int smallest_drive(bool input_signed) const {
    return input_signed && drives_sign() && !digital ? -(1 << (digit_bits - 1)) : 0;
  }
  /// Word lines of a read of a block with `rows` used rows, but for the last.
  int read_rows(int rows) const {
    return rows_per_read == 0 ? rows : std::min(rows, rows_per_read);
  }
  /// Slices of a weight, and the level that slice `j` of it has in the array that holds it.
  int slices(int weight_bits) const {
    return (weight_bits - (offset || sign_slice ? 0 : 1) + cell_bits - 1) / cell_bits;
  }
  int level(int weight, int weight_bits, int j) const {
    const int stored = offset ? weight + (1 << (weight_bits - 1)) : std::abs(weight);
    return stored >> (j * cell_bits) & top_level();
  }
  /// Largest level of a cell.
  int top_level() const { return (1 << cell_bits) - 1; }
  /// Offset: a column is stored flipped from this sum of its levels on. It is the most significant
  /// bit of the largest sum that a whole array could give.
  int flip_threshold() const;
  /// True when no column of a block with `rows` used rows is changed; never with real cells.
  bool lossless(int rows) const;
  /// True when no input can make a column of this layer's blocks change: the ADC is exact up to
  /// what all cells of the column conduct together.
  bool lossless(const Layer& shape, const IntegerLayer& layer) const;
  /// Whether a read can saturate whose positive and negative levels add up to these; with the
  /// offset encoding `negative` is 0.
  bool can_clip(int positive, int negative, bool input_signed) const;

 private:
  /// The converter's code before saturation: the quotient rounded towards minus infinity, or the
  /// thresholds that are reached.
  int unlimited_code(int value, const base::Staircase* real) const {
    if (real != nullptr) return lowest_code() - 1 + real->steps(value);
    const int step = cells ? lsb << CellSource::kFractionBits : lsb;
    const int dividend = 2 * value + (rounds ? step : 0), divisor = 2 * step;
    return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
  }
};

}  // namespace kirchhoff::quant
