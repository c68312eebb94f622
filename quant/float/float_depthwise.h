#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/network/shape.h"

namespace kirchhoff::quant {

/// The convolution of one channel with filters of its own, and its gradients: what a depthwise
/// layer is made of. As a matrix it would have a column or two; here a vector holds neighbouring
/// pixels.
///
/// The channel is copied with its padding, rows behind each other, so that a weight is one shift
/// everywhere. Every element is one chain of fused multiply-adds over the weights, so that no
/// processor rounds otherwise.
class FloatDepthwise {
 public:
  FloatDepthwise(std::int64_t height, std::int64_t width, const Sweep& sweep);

  /// Floats that the functions take to work with.
  std::size_t scratch() const;
  /// `result`: filters x windows. `bias`, one for every filter, may be null: none.
  void convolve(const float* channel, const float* taps, const float* bias, std::int64_t filters,
                float* scratch, float* result) const;
  /// Adds to the channel's gradient `to` what that of the result makes of it.
  void add_map_gradient(const float* gradient, const float* taps, std::int64_t filters,
                        float* scratch, float* to) const;
  /// Adds to `to`, weights x filters.
  void add_filter_gradient(const float* channel, const float* gradient, std::int64_t filters,
                           float* scratch, float* to) const;

 private:
  std::int64_t taps() const { return static_cast<std::int64_t>(shifts_.size()); }
  /// Elements from the first window's first pixel to the last window's.
  std::int64_t reach() const;
  std::int64_t padded() const;  ///< floats of the channel with its padding
  void pad(const float* channel, float* to) const;
  /// The gradient where the windows' first pixels lie, zeros elsewhere.
  void spread(const float* gradient, float* to) const;

  std::int64_t height_, width_, down_ = 0, across_ = 0, row_ = 0;  ///< row_: floats of a row
  Sweep sweep_;
  std::vector<std::ptrdiff_t> shifts_, turned_;  ///< of every weight; of the turned filter
};

}  // namespace kirchhoff::quant
