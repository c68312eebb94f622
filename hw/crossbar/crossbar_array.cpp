#include "hw/crossbar/crossbar_array.h"

#include <algorithm>

namespace kirchhoff::hw {

CrossbarArray::CrossbarArray(int rows, int cols)
    : rows_(rows),
      cols_(cols),
      words_((rows + 63) / 64),
      cells_(static_cast<std::size_t>(cols) * words_, 0) {}

void CrossbarArray::clear() { std::fill(cells_.begin(), cells_.end(), 0); }

void CrossbarArray::write_row(int row, const std::uint8_t* bytes, int count) {
  const std::uint64_t mask = std::uint64_t{1} << (row % 64);
  const int last = std::min(cols_, 8 * count);
  for (int c = 0; c < last; ++c) {
    std::uint64_t& word = cells_[static_cast<std::size_t>(c) * words_ + row / 64];
    const bool set = (bytes[c / 8] >> (c % 8)) & 1;
    word = set ? word | mask : word & ~mask;
  }
}

void CrossbarArray::read_row(int row, std::uint8_t* bytes, int count) const {
  std::fill(bytes, bytes + count, std::uint8_t{0});
  const int last = std::min(cols_, 8 * count);
  for (int c = 0; c < last; ++c) {
    if (cell(row, c)) bytes[c / 8] = static_cast<std::uint8_t>(bytes[c / 8] | (1u << (c % 8)));
  }
}

bool CrossbarArray::cell(int row, int column) const {
  return (cells_[static_cast<std::size_t>(column) * words_ + row / 64] >> (row % 64)) & 1;
}

}  // namespace kirchhoff::hw
