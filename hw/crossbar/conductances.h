#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/cells/cell_model.h"
#include "hw/cells/pair_noise.h"
#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

class CrossbarArray;

/// What the cells of an array conduct that are not ideal, in fixed point (CellModel). Plain class.
class Conductances {
 public:
  /// Of the first `rows` rows and `columns` columns of an array with its levels, and of a unit
  /// column behind all of them, whose cells are programmed to level 1, if there is one.
  /// With `noise`, whose relative deviation is not 0, also their squares.
  void draw(const CellModel& model, const NoiseModel* noise, const ArrayPlace& place,
            const CrossbarArray& array, int rows, int columns, bool unit_column);
  void clear() {
    cells_.clear();
    squares_.clear();
  }
  bool empty() const { return cells_.empty(); }

  /// Currents of `columns` bit lines from `first` on: for each the sum of its driven cells.
  void sum(const LinePlane& lines, int columns, std::int32_t* sums, int first) const;
  /// That of the unit column.
  std::int32_t unit_sum(const LinePlane& lines) const {
    std::int32_t sum = 0;
    this->sum(lines, 1, &sum, stride_ - 1);
    return sum;
  }
  /// Adds to the squares of these columns' noise (NoiseModel) those of the driven cells, each times
  /// the square of the digit on its word line. A unit column is the last of `columns`, whatever
  /// `first` is.
  void add_squares(const WordLines& lines, int columns, int first, bool unit_column,
                   std::int64_t* squares) const;

 private:
  int rows_ = 0, stride_ = 0;
  std::vector<std::int16_t> cells_;    ///< row after row, the unit column last
  std::vector<std::int32_t> squares_;  ///< likewise
};

}  // namespace kirchhoff::hw
