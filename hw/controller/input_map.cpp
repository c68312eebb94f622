#include "hw/controller/input_map.h"

#include <algorithm>

namespace kirchhoff::hw {

void InputMap::reset(const Sizes& sizes) {
  all_pixels_ = sizes.images * sizes.height * sizes.width;
  pixels_.reset(sizes.streams, all_pixels_);
  assumed_ = false;
  buffer_rows_ = sizes.buffer_rows;
  all_rows_ = static_cast<long long>(sizes.images) * sizes.height;
  allowed_rows_ = sizes.rows_before + sizes.buffer_rows;
  freed_rows_ = sizes.rows_before;
  newest_row_ = 0;
  most_rows_ = 0;
  if (sizes.rows.step == 0) return;
  for (int row = 0; row < all_rows_; ++row) {
    if (!sizes.rows.takes(row % sizes.height)) pixels_.leave_out(row * sizes.width, sizes.width);
  }
}

void InputMap::arrive(int stream, int first_pixel, int count, int row, const Arrival& arrival) {
  pixels_.mark(stream, first_pixel, count);
  last_arrival_ = arrival;
  const int rows = row + 1 - static_cast<int>(freed_rows_);
  sc_assert(rows <= buffer_rows_);  // credits see to it
  most_rows_ = std::max(most_rows_, rows);
  rows_probe_.set(std::int64_t{std::max(rows, 0)});
  newest_row_ = std::max(newest_row_, row + 1LL);
  rows_gauge_.set(static_cast<double>(newest_row_ - freed_rows_));
  arrived_.notify();
}

std::optional<int> InputMap::free_rows_before(long long row) {
  freed_rows_ = row;
  rows_gauge_.set(static_cast<double>(std::max(0LL, newest_row_ - freed_rows_)));
  const long long allowed = std::min(all_rows_, freed_rows_ + buffer_rows_);
  if (allowed <= allowed_rows_) return std::nullopt;
  allowed_rows_ = allowed;
  return static_cast<int>(allowed);
}

}  // namespace kirchhoff::hw
