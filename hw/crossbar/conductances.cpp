#include "hw/crossbar/conductances.h"

#include <algorithm>

#include "hw/crossbar/crossbar_array.h"

namespace kirchhoff::hw {

void Conductances::draw(const CellModel& model, const NoiseModel* noise, const ArrayPlace& place,
                        const CrossbarArray& array, int rows, int columns, bool unit_column) {
  rows_ = rows;
  stride_ = columns + (unit_column ? 1 : 0);
  clear();
  cells_.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(stride_));
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c)
      cells_.push_back(model.conductance(place, r, c, array.level(r, c)));
    if (unit_column) cells_.push_back(model.conductance(place, r, array.cols(), 1));
  }
  if (noise == nullptr || noise->relative() == 0) return;
  for (const std::int16_t cell : cells_) squares_.push_back(noise->square(cell));
}

void Conductances::sum(const LinePlane& lines, int columns, std::int32_t* sums, int first) const {
  std::fill_n(sums, columns, 0);
  for (int r = 0; r < rows_; ++r) {
    if ((lines[static_cast<std::size_t>(r / 64)] >> (r % 64) & 1) == 0) continue;
    const std::int16_t* const row = cells_.data() + std::ptrdiff_t{r} * stride_ + first;
    for (int c = 0; c < columns; ++c) sums[c] += row[c];
  }
}

void Conductances::add_squares(const WordLines& lines, int columns, int first, bool unit_column,
                               std::int64_t* squares) const {
  const int of_block = unit_column ? columns - 1 : columns;
  for (int r = 0; r < rows_; ++r) {
    const std::int64_t digit = lines.digit(r);
    if (digit == 0) continue;
    const std::int32_t* const row = squares_.data() + std::ptrdiff_t{r} * stride_;
    for (int c = 0; c < of_block; ++c) squares[c] += digit * digit * row[first + c];
    if (unit_column) squares[of_block] += digit * digit * row[stride_ - 1];
  }
}

}  // namespace kirchhoff::hw
