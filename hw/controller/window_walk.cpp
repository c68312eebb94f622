#include "hw/controller/window_walk.h"

#include <algorithm>

namespace kirchhoff::hw {

Window WindowWalk::window(int n) const {
  const int pool = layer_.pool, inner = pool * pool;
  const int pixel = n % windows_ / inner, i = n % inner;
  const int row = layer_.output_row_begin + pixel / layer_.output_width * row_step();
  const int column = pixel % layer_.output_width;
  return {row * pool + i / pool, column * pool + i % pool,
          row * layer_.map_width() + layer_.output_columns_before + column, i == 0, i == inner - 1};
}

int WindowWalk::number_of(int y, int x) const {
  const int pool = layer_.pool;
  const int row = (y / pool - layer_.output_row_begin) / row_step();
  const int pixel = row * layer_.output_width + x / pool;
  return (pixel * pool + y % pool) * pool + x % pool;
}

bool WindowWalk::walks(int y, int column) const {
  const int row = y / layer_.pool - layer_.output_row_begin;
  const int x = column / layer_.pool - layer_.output_columns_before;
  return row >= 0 && row % row_step() == 0 && x >= 0 && x < layer_.output_width;
}

Footprint WindowWalk::footprint(const Window& window, int span) const {
  Footprint f{};
  f.y0 = window.y * layer_.stride_height - layer_.padding_top;
  f.x0 = window.x * layer_.stride_width - layer_.padding_left;
  const int down = rows_spanned() + (span - 1) * layer_.stride_height;
  const int across = columns_spanned() + (span - 1) * layer_.stride_width;
  Patch& patch = f.patch;
  patch.top = std::max(f.y0, 0);
  patch.left = std::max(f.x0, 0);
  patch.height = std::max(0, std::min(f.y0 + down, layer_.input_height) - patch.top);
  patch.width = std::max(0, std::min(f.x0 + across, layer_.input_width) - patch.left);
  return f;
}

int WindowWalk::pixels_under(const Window& window, bool padding) const {
  // Taps of the kernel whose place is on the map, or on the padding around it.
  const auto taps = [padding](int first, int dilation, int kernel, int before, int map,
                              int behind) {
    int count = 0;
    for (int k = 0; k < kernel; ++k) {
      const int place = first + k * dilation;
      count += place >= (padding ? -before : 0) && place < (padding ? map + behind : map);
    }
    return count;
  };
  const Footprint f = footprint(window);
  return taps(f.y0, layer_.dilation_height, layer_.kernel_height, layer_.padding_top,
              layer_.input_height, layer_.padding_bottom) *
         taps(f.x0, layer_.dilation_width, layer_.kernel_width, layer_.padding_left,
              layer_.input_width, layer_.padding_right);
}

int WindowWalk::residual_rows_done_after(const Window& window) const {
  const int row = window.y / layer_.pool + row_step();
  return row < layer_.output_height ? row * layer_.pool
                                    : layer_.residual_height + residual_rows_before();
}

int WindowWalk::rows_done_after(int n) const {
  const int row = layer_.output_width * layer_.pool * layer_.pool;
  const int next = n % windows_ + 1;
  if (next % row != 0) return -1;
  return next < windows_ ? rows_done_before(layer_.output_row_begin + next / row * row_step())
                         : layer_.input_height + rows_before();
}

int WindowWalk::rows_done_before(int pooled_row) const {
  return std::clamp(pooled_row * layer_.pool * layer_.stride_height - layer_.padding_top, 0,
                    layer_.input_height);
}

int WindowWalk::at_once(int spanned, int stride, int map) const {
  return std::min(map, spanned + (layer_.pool - 1) * stride);
}

bool WindowWalk::fits_map() const {
  // A window without weights may hang over the end of the padded map, as long as it begins before.
  const auto operation = static_cast<Operation>(layer_.operation);
  const bool hangs = operation == Operation::kSum || operation == Operation::kMaximum;
  const auto fits = [&](int output, int stride, int spanned, int before, int map, int behind) {
    const int begin = (output * layer_.pool - 1) * stride;
    return begin + spanned <= map + before + behind || (hangs && begin < map + before);
  };
  return fits(layer_.output_height, layer_.stride_height, rows_spanned(), layer_.padding_top,
              layer_.input_height, layer_.padding_bottom) &&
         fits(layer_.output_width, layer_.stride_width, columns_spanned(), layer_.padding_left,
              layer_.input_width, layer_.padding_right);
}

}  // namespace kirchhoff::hw
