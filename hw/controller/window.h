#pragma once

#include <algorithm>

#include "hw/controller/register_file.h"

namespace kirchhoff::hw {

/// Window n of an image: positions follow the pooled output row by row, and inside it the pooling
/// window, so that one max-pool register per channel suffices.
struct Window {
  int y, x;          ///< of the convolved map
  int out_pixel;     ///< of the pooled map, row-major
  bool first, last;  ///< of the pooling window

  static Window at(const LayerRegisters& layer, int n) {
    const int inner = layer.pool * layer.pool;
    const int pixel = n / inner, i = n % inner;
    return {pixel / layer.output_width * layer.pool + i / layer.pool,
            pixel % layer.output_width * layer.pool + i % layer.pool, pixel, i == 0,
            i == inner - 1};
  }
};

/// A rectangle of the input map.
struct Patch {
  int top = 0, left = 0, height = 0, width = 0;

  bool empty() const { return height == 0 || width == 0; }
  int right() const { return left + width; }
  int pixels() const { return height * width; }
  /// Pixels that must have arrived, counted in row-major order.
  int pixels_needed(int map_width) const {
    return empty() ? 0 : (top + height - 1) * map_width + right();
  }
};

/// The kernel over one window, or over the windows of a pooling window.
struct Footprint {
  int y0, x0;   ///< top left in the unpadded map; may be negative
  Patch patch;  ///< the part inside the map

  static Footprint of(const LayerRegisters& layer, const Window& window, int span = 1) {
    Footprint f{};
    f.y0 = window.y * layer.stride - layer.padding;
    f.x0 = window.x * layer.stride - layer.padding;
    const int reach = (span - 1) * layer.stride;
    f.patch.top = std::max(f.y0, 0);
    f.patch.left = std::max(f.x0, 0);
    f.patch.height =
        std::max(0, std::min(f.y0 + layer.kernel_height + reach, layer.input_height) - f.patch.top);
    f.patch.width =
        std::max(0, std::min(f.x0 + layer.kernel_width + reach, layer.input_width) - f.patch.left);
    return f;
  }
};

/// Rows of the input map below which no window of pooled row `row` or of a later one reaches.
inline int rows_done_before(const LayerRegisters& layer, int row) {
  if (row >= layer.output_height) return layer.input_height;
  return std::clamp(row * layer.pool * layer.stride - layer.padding, 0, layer.input_height);
}

/// Rows that the windows of one pooled row span: the least that a buffer must hold.
inline int rows_at_once(int kernel_height, int stride, int pool, int input_height) {
  return std::min(input_height, kernel_height + (pool - 1) * stride);
}

}  // namespace kirchhoff::hw
