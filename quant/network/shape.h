#pragma once

#include <string>

namespace kirchhoff::quant {

/// Channels, rows and columns of an activation map.
struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;

  int size() const { return channels * height * width; }
  int pixels() const { return height * width; }
  bool operator==(const Shape& o) const {
    return channels == o.channels && height == o.height && width == o.width;
  }
  bool operator!=(const Shape& o) const { return !(*this == o); }
  /// "16x5x5"
  std::string to_string() const;
};

/// A number for each direction of a map: a stride, a dilation.
struct Extent {
  int height = 1, width = 1;

  constexpr Extent() = default;
  /// The same in both.
  constexpr Extent(int both) : height(both), width(both) {}
  constexpr Extent(int height_, int width_) : height(height_), width(width_) {}
  constexpr bool operator==(const Extent& o) const {
    return height == o.height && width == o.width;
  }
  constexpr bool operator!=(const Extent& o) const { return !(*this == o); }
  constexpr bool square() const { return height == width; }
};

/// Zeros around a map.
struct Padding {
  int top = 0, left = 0, bottom = 0, right = 0;

  constexpr Padding() = default;
  /// On every side.
  constexpr Padding(int all) : top(all), left(all), bottom(all), right(all) {}
  constexpr Padding(int top_, int left_, int bottom_, int right_)
      : top(top_), left(left_), bottom(bottom_), right(right_) {}
  constexpr bool operator==(const Padding& o) const {
    return top == o.top && left == o.left && bottom == o.bottom && right == o.right;
  }
  constexpr bool operator!=(const Padding& o) const { return !(*this == o); }
  constexpr bool even() const { return *this == Padding(top); }
  constexpr int rows() const { return top + bottom; }
  constexpr int columns() const { return left + right; }
};

/// How a window goes over a map: kernel, stride, dilation, padding.
struct Sweep {
  Extent kernel, stride, dilation;
  Padding padding;

  /// Rows and columns of the map that a window spans.
  Extent span() const {
    return {(kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1};
  }
  /// Positions of the window on a map of this size; `up`: a window may hang over the end of the
  /// padded map, as long as it begins before it (ceil mode).
  Extent positions(int height, int width, bool up = false) const;
};

}  // namespace kirchhoff::quant
