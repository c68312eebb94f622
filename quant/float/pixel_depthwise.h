#pragma once

#include <cstdint>
#include <vector>

#include "quant/network/shape.h"

namespace kirchhoff::quant {

/// A depthwise convolution with one filter a channel, and its gradients, of maps whose pixels lie
/// behind each other (height x width x channels): a vector holds neighbouring channels, which all
/// do the same. Filters are kernel height x kernel width x channels.
///
/// Every element is one chain of fused multiply-adds, over the weights or over the windows, so that
/// no processor rounds otherwise.
class PixelDepthwise {
 public:
  PixelDepthwise(std::int64_t channels, std::int64_t height, std::int64_t width,
                 const Sweep& sweep);

  std::int64_t down() const { return down_; }  ///< windows below each other
  std::int64_t across() const { return across_; }

  /// `result`: down() x across() x channels. `bias` may be null: none.
  void convolve(const float* map, const float* filters, const float* bias, float* result) const;
  /// The map's gradient, of that of the result.
  void map_gradient(const float* gradient, const float* filters, float* to) const;
  /// Adds to `to`, as filters lie, what the gradient of the result makes of it.
  void add_filter_gradient(const float* map, const float* gradient, float* to) const;

 private:
  /// One weight of one window and what it sees, each by its number.
  struct Link {
    std::int64_t weight, pixel, window;
  };

  std::int64_t channels_, height_, width_, down_ = 0, across_ = 0;
  /// All links, of windows, pixels or weights one after the other.
  std::vector<Link> by_window_, by_pixel_, by_weight_;
};

}  // namespace kirchhoff::quant
