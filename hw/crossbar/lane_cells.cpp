#include "hw/crossbar/lane_cells.h"

namespace kirchhoff::hw {

void LaneCells::add_current_noise(const WordLines& lines, const base::NoiseEvent& event, int first,
                                  bool unit_column, Columns& values) const {
  if (!noise || !noise->reads()) return;
  std::vector<std::int64_t> squares(values.size(), 0);
  const auto columns = static_cast<int>(values.size());
  positive.conductances().add_squares(lines, columns, first, unit_column, squares.data());
  if (negative)
    negative->conductances().add_squares(lines, columns, first, unit_column, squares.data());
  for (int c = 0; c < columns; ++c) {
    const auto at = static_cast<std::size_t>(c);
    values[at] += noise->of_current(squares[at], event, first + c);
  }
}

void LaneCells::add_conversion_noise(const base::NoiseEvent& event, int first,
                                     Columns& values) const {
  if (!noise || !noise->converts()) return;
  for (std::int32_t& value : values) value += noise->of_conversion(event, first++);
}

}  // namespace kirchhoff::hw
