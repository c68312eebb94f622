#include "hw/controller/window_walk.h"

#include <algorithm>

namespace kirchhoff::hw {

Window WindowWalk::window(int n) const {
  const int pool = layer_.pool, inner = pool * pool;
  const int pixel = n % windows_ / inner, i = n % inner;
  return {pixel / layer_.output_width * pool + i / pool,
          pixel % layer_.output_width * pool + i % pool, pixel, i == 0, i == inner - 1};
}

int WindowWalk::number_of(int y, int x) const {
  const int pool = layer_.pool;
  const int pixel = y / pool * layer_.output_width + x / pool;
  return (pixel * pool + y % pool) * pool + x % pool;
}

Footprint WindowWalk::footprint(const Window& window, int span) const {
  Footprint f{};
  f.y0 = window.y * layer_.stride - layer_.padding;
  f.x0 = window.x * layer_.stride - layer_.padding;
  const int reach = (span - 1) * layer_.stride;
  Patch& patch = f.patch;
  patch.top = std::max(f.y0, 0);
  patch.left = std::max(f.x0, 0);
  patch.height =
      std::max(0, std::min(f.y0 + layer_.kernel_height + reach, layer_.input_height) - patch.top);
  patch.width =
      std::max(0, std::min(f.x0 + layer_.kernel_width + reach, layer_.input_width) - patch.left);
  return f;
}

int WindowWalk::rows_done_after(int n) const {
  const int row = layer_.output_width * layer_.pool * layer_.pool;
  const int next = n % windows_ + 1;
  return next % row == 0 ? rows_done_before(next / row) : -1;
}

int WindowWalk::rows_done_before(int pooled_row) const {
  if (pooled_row >= layer_.output_height) return layer_.input_height;
  return std::clamp(pooled_row * layer_.pool * layer_.stride - layer_.padding, 0,
                    layer_.input_height);
}

int WindowWalk::at_once(int kernel, int map) const {
  return std::min(map, kernel + (layer_.pool - 1) * layer_.stride);
}

bool WindowWalk::fits_map() const {
  const auto fits = [this](int output, int kernel, int map) {
    return (output * layer_.pool - 1) * layer_.stride + kernel <= map + 2 * layer_.padding;
  };
  return fits(layer_.output_height, layer_.kernel_height, layer_.input_height) &&
         fits(layer_.output_width, layer_.kernel_width, layer_.input_width);
}

}  // namespace kirchhoff::hw
