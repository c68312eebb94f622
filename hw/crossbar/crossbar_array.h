#pragma once

#include <cstdint>
#include <vector>

#include "hw/pe/bit_step.h"

namespace kirchhoff::hw {

/// The cells of one crossbar, one bit each, and Kirchhoff's law over its bit lines. Plain class: no
/// time.
class CrossbarArray {
 public:
  CrossbarArray(int rows, int cols);

  void clear();
  /// Programs columns [0, 8*bytes) of one row; bit c % 8 of byte c / 8 is column c.
  void write_row(int row, const std::uint8_t* bytes, int count);
  void read_row(int row, std::uint8_t* bytes, int count) const;
  bool cell(int row, int column) const;
  /// Number of cells of `column` that conduct: driven by `lines` and in the low-resistance state.
  int count(int column, const WordLines& lines) const {
    const std::uint64_t* cells = &cells_[static_cast<std::size_t>(column) * words_];
    int sum = 0;
    for (int w = 0; w < words_; ++w)
      sum += __builtin_popcountll(cells[w] & lines[static_cast<std::size_t>(w)]);
    return sum;
  }
  int rows() const { return rows_; }
  int cols() const { return cols_; }

 private:
  int rows_, cols_, words_;
  std::vector<std::uint64_t> cells_;  ///< column after column, rows packed
};

}  // namespace kirchhoff::hw
