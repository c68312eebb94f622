#include "hw/crossbar/conductances.h"

#include <algorithm>

#include "hw/crossbar/crossbar_array.h"

namespace kirchhoff::hw {

void Conductances::draw(const CellModel& model, const ArrayPlace& place, const CrossbarArray& array,
                        int rows, int columns, bool unit_column) {
  rows_ = rows;
  stride_ = columns + (unit_column ? 1 : 0);
  cells_.clear();
  cells_.reserve(static_cast<std::size_t>(rows) * static_cast<std::size_t>(stride_));
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c)
      cells_.push_back(model.conductance(place, r, c, array.level(r, c)));
    if (unit_column) cells_.push_back(model.conductance(place, r, array.cols(), 1));
  }
}

void Conductances::sum(const LinePlane& lines, int columns, std::int32_t* sums, int first) const {
  std::fill_n(sums, columns, 0);
  for (int r = 0; r < rows_; ++r) {
    if ((lines[static_cast<std::size_t>(r / 64)] >> (r % 64) & 1) == 0) continue;
    const std::int16_t* const row = cells_.data() + std::ptrdiff_t{r} * stride_ + first;
    for (int c = 0; c < columns; ++c) sums[c] += row[c];
  }
}

}  // namespace kirchhoff::hw
