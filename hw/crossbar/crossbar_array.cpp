#include "hw/crossbar/crossbar_array.h"

#include <algorithm>

namespace kirchhoff::hw {

CrossbarArray::CrossbarArray(int rows, int cols, int cell_bits)
    : rows_(rows), cols_(cols), cell_bits_(cell_bits), words_((rows + 63) / 64) {}

void CrossbarArray::clear() {
  // Most arrays of a chip are never written between two programs.
  if (written_) std::fill(cells_.begin(), cells_.end(), 0);
  written_ = false;
  conductances_.clear();
}

// Cells do not straddle bytes, since their bits divide 8.
void CrossbarArray::write_row(int row, const std::uint8_t* bytes) {
  written_ = true;
  conductances_.clear();
  const int shift = row % 64;
  const std::uint64_t keep = ~(std::uint64_t{1} << shift);
  std::uint64_t* word = cells().data() + row / 64;
  const int bits = cols_ * cell_bits_;
  for (int i = 0; i < bits; ++i, word += words_) {
    const auto bit = static_cast<std::uint64_t>((bytes[i / 8] >> (i % 8)) & 1);
    *word = (*word & keep) | bit << shift;
  }
}

void CrossbarArray::read_row(int row, std::uint8_t* bytes) const {
  std::fill(bytes, bytes + row_bytes(), std::uint8_t{0});
  const std::uint64_t* word = cells().data() + row / 64;
  const int bits = cols_ * cell_bits_;
  for (int i = 0; i < bits; ++i, word += words_) {
    bytes[i / 8] = static_cast<std::uint8_t>(bytes[i / 8] | ((*word >> (row % 64)) & 1) << (i % 8));
  }
}

int CrossbarArray::level(int row, int column) const {
  int level = 0;
  for (int b = 0; b < cell_bits_; ++b)
    level |= static_cast<int>((plane(column, b)[row / 64] >> (row % 64)) & 1) << b;
  return level;
}

namespace {

/// sums = what `of_plane` makes of every plane of the lines, times the plane's weight.
template <typename OfPlane>
void add_planes(const WordLines& lines, int columns, std::int32_t* sums, const OfPlane& of_plane) {
  of_plane(lines.planes.front(), sums);
  if (lines.one_bit()) return;
  std::for_each(sums, sums + columns, [&](std::int32_t& value) { value *= lines.weight(0); });
  Columns plane(static_cast<std::size_t>(columns));
  for (std::size_t p = 1; p < lines.planes.size(); ++p) {
    of_plane(lines.planes[p], plane.data());
    for (std::size_t c = 0; c < plane.size(); ++c) sums[c] += lines.weight(p) * plane[c];
  }
}

}  // namespace

void CrossbarArray::sum(const WordLines& lines, int columns, std::int32_t* sums, int first) const {
  add_planes(lines, columns, sums, [&](const LinePlane& plane, std::int32_t* of_plane) {
    sum(plane, columns, of_plane, first);
  });
}

void CrossbarArray::sum_levels(const WordLines& lines, int columns, std::int32_t* sums,
                               int first) const {
  add_planes(lines, columns, sums, [&](const LinePlane& plane, std::int32_t* of_plane) {
    sum_levels(plane, columns, of_plane, first);
  });
}

std::int32_t CrossbarArray::unit_sum(const WordLines& lines, int driven) const {
  if (conductances_.empty()) return driven;
  std::int32_t sum = 0;
  add_planes(lines, 1, &sum, [&](const LinePlane& plane, std::int32_t* of_plane) {
    *of_plane = conductances_.unit_sum(plane);
  });
  return sum;
}

}  // namespace kirchhoff::hw
