#pragma once

#include <cstdint>

#include "base/conversion_noise.h"
#include "base/staircase.h"
#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// The crossbar that holds a slice of a block of a layer's weights.
struct CellArray {
  LayerId layer{};
  int row_begin = 0, column_begin = 0;  ///< of the block in the layer's unrolled matrix
  int slice = 0;
  bool negative = false;      ///< the negative array of a pair
  int rows = 1, columns = 1;  ///< of the block
};

/// What the cells of a chip conduct that are not ideal, and what its converters make of columns.
class CellSource {
 public:
  /// One step between neighbouring levels is 2^kFractionBits.
  static constexpr int kFractionBits = 8;
  /// No cell conducts more: five of them stay below 2^16.
  static constexpr int kMost = 51 << kFractionBits;

  virtual ~CellSource() = default;
  /// Of the cell at (row, column) of a crossbar, programmed to `level`: in [0, kMost]. A unit
  /// column is the one behind all others. A pure function, for any thread.
  virtual int conductance(const CellArray& array, int row, int column, int level) const = 0;
  /// Of converter `number` of the pair of `array`, whose `negative` is not looked at: a value in
  /// parts of a level has the converter's lowest code, less 1, plus the thresholds that it reaches;
  /// beyond the converter's codes it saturates. A pure function, too; called only where converters
  /// are real (AdcModel).
  virtual base::Staircase transfer(const CellArray& array, int number) const;
  /// What names the noise of the conversions of the pair of `array`, likewise, and what a driven
  /// cell of that conductance adds to its column's square (base/conversion_noise.h): in [0, 2^20).
  /// Pure functions; called only where conversions have noise (AdcModel).
  virtual base::NoiseKey noise_key(const CellArray& array) const;
  virtual int noise_square(int conductance) const;
};

}  // namespace kirchhoff::quant
