#pragma once

#include <cstdint>

namespace kirchhoff::quant {

/// A convolution of one map in float32 and how it unrolls: a row per weight of a filter (channel,
/// kernel row, kernel column), a column per window. Rows are shifted copies of a channel then,
/// whatever the number of channels.
///
/// Maps are channels x height x width, filters outputs x channels x kernel height x kernel width.
class FloatConvolution {
 public:
  struct Sizes {
    std::int64_t channels, height, width;
    std::int64_t outputs, kernel_height, kernel_width;
    std::int64_t stride, padding;
  };
  explicit FloatConvolution(const Sizes& sizes);

  const Sizes& sizes() const { return s_; }
  std::int64_t down() const { return down_; }  ///< windows below each other
  std::int64_t across() const { return across_; }
  std::int64_t windows() const { return down_ * across_; }
  std::int64_t weights() const;  ///< of one filter
  std::int64_t pixels() const;   ///< of one map, all channels

  /// `rows`: weights() x windows().
  void unroll(const float* map, float* rows) const;
  /// Adds the unrolled elements to the map's.
  void roll(const float* rows, float* map) const;
  /// `result` (outputs x windows()) of a map; `bias` may be null. `rows` is scratch for the
  /// unrolled map. Every element is its bias and then one chain over the rows, as
  /// base::matrix_product() makes it.
  void convolve(const float* map, const float* filters, const float* bias, float* rows,
                float* result) const;

 private:
  template <class Use>
  void for_each_run(const Use& use) const;

  Sizes s_;
  std::int64_t down_, across_;
};

}  // namespace kirchhoff::quant
