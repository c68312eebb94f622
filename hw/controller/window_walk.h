#pragma once

#include "hw/config/register_map.h"

namespace kirchhoff::hw {

/// One window of an image: the position of the kernel that one product of the PEs serves.
struct Window {
  int y, x;          ///< of the convolved map; x counts the columns that are computed here
  int out_pixel;     ///< of the whole pooled map, row-major
  bool first, last;  ///< of the pooling window
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
};

/// The order in which a tile computes the windows of its layer, and which pixels they need: kernel,
/// stride, padding and pooling of a stream of images. Windows follow the pooled output row by row,
/// and inside a pooled pixel the pooling window, so that one max-pool register per channel
/// suffices. Where copies of the weights share out the windows, it is this copy's that are walked:
/// some rows of the pooled map, and of them some columns. Plain class: no time.
class WindowWalk {
 public:
  WindowWalk() = default;
  explicit WindowWalk(const LayerRegisters& layer)
      : layer_(layer),
        windows_(layer.output_rows() * layer.output_width * layer.pool * layer.pool) {}

  /// Windows of one image, and of all.
  int windows() const { return windows_; }
  long long total() const { return static_cast<long long>(layer_.images) * windows_; }
  int map_pixels() const { return layer_.input_height * layer_.input_width; }
  /// Of the whole output map.
  int output_pixels() const { return layer_.output_height * layer_.map_width(); }

  /// Window `n` of the stream: its image, and where it lies there.
  int image_of(int n) const { return n / windows_; }
  Window window(int n) const;
  /// Its number in its image: window(number_of(y, x)) lies there.
  int number_of(int y, int x) const;
  /// Column of the whole convolved map that a window lies in.
  int column_of(const Window& window) const {
    return layer_.output_columns_before * layer_.pool + window.x;
  }
  /// Whether a window of the whole convolved map is walked, and that window as it lies here.
  bool walks(int y, int column) const;
  int number_at(int y, int column) const {
    return number_of(y, column - layer_.output_columns_before * layer_.pool);
  }
  /// The last one of its image in its row of the pooled map.
  bool ends_row(const Window& window) const {
    return window.last && window.x == layer_.output_width * layer_.pool - 1;
  }
  /// The kernel over a window.
  Footprint footprint(const Window& window) const { return footprint(window, 1); }
  /// The kernel over the pooling window that begins with `first`.
  Footprint pooled_footprint(const Window& first) const { return footprint(first, layer_.pool); }

  /// Rows of the map, counted from the begin of the image, that no window after `n` reaches, asked
  /// where `n` is the last window of a pooled row; else -1. Behind the image's last window those of
  /// the next image are among them.
  int rows_done_after(int n) const;
  /// Rows of the map before the first that a window of the first image reaches.
  int rows_before() const { return rows_done_before(layer_.output_row_begin); }
  /// The same of the second operand's map.
  int residual_rows_before() const { return layer_.output_row_begin * layer_.pool; }
  /// Rows and columns of the map that the windows of one pooled row or column span: the least that
  /// a buffer must hold.
  int rows_at_once() const {
    return at_once(rows_spanned(), layer_.stride_height, layer_.input_height);
  }
  int columns_at_once() const {
    return at_once(columns_spanned(), layer_.stride_width, layer_.input_width);
  }
  /// Pixels of the map under a window, and of its padding where that counts.
  int pixels_under(const Window& window, bool padding) const;
  /// Pixel `n` of the second operand's map that belongs to a window, row-major.
  int residual_pixel(const Window& window) const {
    return window.y * layer_.residual_width + window.x;
  }
  int residual_pixels() const { return layer_.residual_height * layer_.residual_width; }
  /// Rows of the second operand's map that no window after the pooled row of `window` takes.
  int residual_rows_done_after(const Window& window) const;
  /// The last window lies on the padded input map.
  bool fits_map() const;

 private:
  Footprint footprint(const Window& window, int span) const;
  int rows_done_before(int pooled_row) const;
  int at_once(int spanned, int stride, int map) const;
  int row_step() const { return layer_.output_rows_between + 1; }
  int rows_spanned() const { return (layer_.kernel_height - 1) * layer_.dilation_height + 1; }
  int columns_spanned() const { return (layer_.kernel_width - 1) * layer_.dilation_width + 1; }

  LayerRegisters layer_;
  int windows_ = 0;
};

}  // namespace kirchhoff::hw
