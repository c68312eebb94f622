#pragma once

#include <cstdint>
#include <vector>

#include "hw/crossbar/column_kernel.h"
#include "hw/crossbar/conductances.h"
#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

/// The cells of one crossbar, levels of `cell_bits` bits each, and Kirchhoff's law over its bit
/// lines. Plain class: no time.
class CrossbarArray {
 public:
  /// `cell_bits` is 1, 2 or 4.
  CrossbarArray(int rows, int cols, int cell_bits = 1);

  void clear();
  /// Bytes of one row: column 0 in the lowest bits of byte 0.
  int row_bytes() const { return (cols_ * cell_bits_ + 7) / 8; }
  /// Programs a row from row_bytes() bytes.
  void write_row(int row, const std::uint8_t* bytes);
  void read_row(int row, std::uint8_t* bytes) const;
  int level(int row, int column) const;
  /// Word lines of one bit of the levels of a column: bit r % 64 of word r / 64.
  const std::uint64_t* plane(int column, int bit) const { return &cells()[at(column, bit)]; }
  /// Current of `columns` bit lines from `first` on in units of the smallest level: for each the
  /// sum of the levels of its cells times the digits on their word lines.
  void sum(const WordLines& lines, int columns, std::int32_t* sums, int first = 0) const;
  /// The same for one plane of word lines; real cells in fixed point.
  void sum(const LinePlane& lines, int columns, std::int32_t* sums, int first = 0) const {
    if (conductances_.empty()) {
      sum_levels(lines, columns, sums, first);
    } else {
      conductances_.sum(lines, columns, sums, first);
    }
  }
  /// Sums of the levels themselves, whatever the cells conduct.
  void sum_levels(const WordLines& lines, int columns, std::int32_t* sums, int first = 0) const;
  void sum_levels(const LinePlane& lines, int columns, std::int32_t* sums, int first = 0) const {
    sum_columns({cells().data() + at(first, 0), columns, cell_bits_, words_}, lines.data(), sums);
  }
  /// Current of the unit column, which holds ones: `driven`, the sum of the digits.
  std::int32_t unit_sum(const WordLines& lines, int driven) const;
  /// Makes the cells real, as they are programmed now, until they are written or cleared. The
  /// arguments are those of Conductances::draw().
  void realise(const CellModel& model, const NoiseModel* noise, const ArrayPlace& place, int rows,
               int columns, bool unit_column) {
    conductances_.draw(model, noise, place, *this, rows, columns, unit_column);
  }
  const Conductances& conductances() const { return conductances_; }
  int rows() const { return rows_; }
  int cols() const { return cols_; }
  int cell_bits() const { return cell_bits_; }
  int words() const { return words_; }

 private:
  std::size_t at(int column, int bit) const {
    return (static_cast<std::size_t>(column) * static_cast<unsigned>(cell_bits_) +
            static_cast<unsigned>(bit)) *
           static_cast<unsigned>(words_);
  }

  // Made when somebody looks: a chip that only sizes flow through has hundreds of megabytes fewer.
  std::vector<std::uint64_t>& cells() const {
    if (cells_.empty()) cells_.assign(at(cols_, 0), 0);
    return cells_;
  }

  int rows_, cols_, cell_bits_, words_;
  /// Column after column, plane after plane, rows packed.
  mutable std::vector<std::uint64_t> cells_;
  bool written_ = false;  ///< since the last clear()
  Conductances conductances_;
};

}  // namespace kirchhoff::hw
