#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/float/float_depthwise.h"
#include "quant/network/shape.h"

namespace kirchhoff::quant {

/// A convolution of one map in float32, its gradients, and how it unrolls: a row per weight of a
/// filter (channel, kernel row, kernel column), a column per window. Rows are shifted copies of a
/// channel then, whatever the number of channels.
///
/// Maps are channels x height x width, filters outputs x channels of a group x kernel height x
/// kernel width. Every function takes scratch() floats to work with.
class FloatConvolution {
 public:
  struct Sizes {
    std::int64_t channels, height, width;
    std::int64_t outputs;
    Sweep sweep;
    std::int64_t groups = 1;
  };
  explicit FloatConvolution(const Sizes& sizes);

  const Sizes& sizes() const { return s_; }
  std::int64_t down() const { return down_; }  ///< windows below each other
  std::int64_t across() const { return across_; }
  std::int64_t windows() const { return down_ * across_; }
  std::int64_t weights() const;  ///< of one filter
  std::int64_t pixels() const;   ///< of one map, all channels
  std::size_t scratch() const;

  /// `result` (outputs x windows()) of a map; `bias` may be null. Every element is its bias and
  /// then one chain of fused multiply-adds over the weights, as base::matrix_product() makes it.
  void convolve(const float* map, const float* filters, const float* bias, float* scratch,
                float* result) const;
  /// Adds to `to`, a map, what the gradient of the result (outputs x windows()) makes of it.
  void add_map_gradient(const float* gradient, const float* filters, float* scratch,
                        float* to) const;
  /// The same of the filters; `to` is groups x weights() x outputs of a group.
  void add_filter_gradient(const float* map, const float* gradient, float* scratch,
                           float* to) const;

 private:
  template <class Use>
  void for_each_run(const Use& use) const;
  void unroll(const float* map, float* rows) const;
  void roll(const float* rows, float* map) const;
  /// A filter for every channel: no matrix that is worth the name.
  bool depthwise() const { return s_.groups == s_.channels && s_.channels > 1; }
  std::int64_t group_outputs() const { return s_.outputs / s_.groups; }
  std::int64_t group_channels() const { return s_.channels / s_.groups; }
  std::int64_t group_pixels() const { return pixels() / s_.groups; }

  Sizes s_;
  std::int64_t down_, across_;
  FloatDepthwise plane_;  ///< of one channel
};

}  // namespace kirchhoff::quant
