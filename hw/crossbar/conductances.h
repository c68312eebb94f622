#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "hw/cells/cell_model.h"
#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

class CrossbarArray;

/// What the cells of an array conduct that are not ideal, in fixed point (CellModel). Plain class.
class Conductances {
 public:
  /// Of the first `rows` rows and `columns` columns of an array with its levels, and of a unit
  /// column behind all of them, whose cells are programmed to level 1, if there is one.
  void draw(const CellModel& model, const ArrayPlace& place, const CrossbarArray& array, int rows,
            int columns, bool unit_column);
  void clear() { cells_.clear(); }
  bool empty() const { return cells_.empty(); }

  /// Currents of `columns` bit lines from `first` on: for each the sum of its driven cells.
  void sum(const LinePlane& lines, int columns, std::int32_t* sums, int first) const;
  /// That of the unit column.
  std::int32_t unit_sum(const LinePlane& lines) const {
    std::int32_t sum = 0;
    this->sum(lines, 1, &sum, stride_ - 1);
    return sum;
  }

 private:
  int rows_ = 0, stride_ = 0;
  std::vector<std::int16_t> cells_;  ///< row after row, the unit column last
};

}  // namespace kirchhoff::hw
