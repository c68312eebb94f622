#pragma once

#include <algorithm>

#include "hw/controller/register_file.h"

namespace kirchhoff::hw {

/// Window n of a layer: positions follow the pooled output row by row, and inside it the pooling
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

/// The part of the input map under a window, without padding.
struct Footprint {
  int y0, x0;                    ///< top left of the kernel in the unpadded map; may be negative
  int top, left, height, width;  ///< the part inside the map

  static Footprint of(const LayerRegisters& layer, const Window& window) {
    Footprint f{};
    f.y0 = window.y * layer.stride - layer.padding;
    f.x0 = window.x * layer.stride - layer.padding;
    f.top = std::max(f.y0, 0);
    f.left = std::max(f.x0, 0);
    f.height = std::max(0, std::min(f.y0 + layer.kernel_height, layer.input_height) - f.top);
    f.width = std::max(0, std::min(f.x0 + layer.kernel_width, layer.input_width) - f.left);
    return f;
  }
  /// Pixels that must have arrived, counted in row-major order.
  int pixels_needed(const LayerRegisters& layer) const {
    return height == 0 || width == 0 ? 0 : (top + height - 1) * layer.input_width + left + width;
  }
};

}  // namespace kirchhoff::hw
