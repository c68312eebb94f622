#include "quant/float/float_convolution.h"

#include <algorithm>

#include "base/matrix_product.h"

namespace kirchhoff::quant {
namespace {

using base::matrix_product;
using base::MatrixView;

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

}  // namespace

FloatConvolution::FloatConvolution(const Sizes& sizes)
    : s_(sizes), plane_(sizes.height, sizes.width, sizes.sweep) {
  const Extent positions =
      s_.sweep.positions(static_cast<int>(s_.height), static_cast<int>(s_.width));
  down_ = positions.height;
  across_ = positions.width;
}

std::int64_t FloatConvolution::weights() const {
  return group_channels() * s_.sweep.kernel.height * s_.sweep.kernel.width;
}
std::int64_t FloatConvolution::pixels() const { return s_.channels * s_.height * s_.width; }
std::size_t FloatConvolution::scratch() const {
  return depthwise() ? plane_.scratch() : size(weights() * windows());
}

/// Calls use(unrolled element, pixel, count) for every run of neighbours of a group's map, a stride
/// apart.
template <class Use>
void FloatConvolution::for_each_run(const Use& use) const {
  const Sweep& sweep = s_.sweep;
  const std::int64_t stride = sweep.stride.width;
  std::int64_t row = 0;
  for (std::int64_t channel = 0; channel < group_channels(); ++channel) {
    for (std::int64_t ky = 0; ky < sweep.kernel.height; ++ky) {
      for (std::int64_t kx = 0; kx < sweep.kernel.width; ++kx, ++row) {
        // Windows whose pixel for this weight lies inside.
        const std::int64_t before = sweep.padding.left - kx * sweep.dilation.width;
        const std::int64_t first = before > 0 ? (before + stride - 1) / stride : 0;
        const std::int64_t end = s_.width - 1 + before;
        const std::int64_t last = end < 0 ? 0 : std::min(across_, end / stride + 1);
        for (std::int64_t window = 0; window < down_ && first < last; ++window) {
          const std::int64_t y =
              window * sweep.stride.height - sweep.padding.top + ky * sweep.dilation.height;
          if (y < 0 || y >= s_.height) continue;
          use(row * windows() + window * across_ + first,
              (channel * s_.height + y) * s_.width + first * stride - before, last - first);
        }
      }
    }
  }
}

void FloatConvolution::unroll(const float* map, float* rows) const {
  if (s_.sweep.padding != Padding(0)) std::fill_n(rows, size(weights() * windows()), 0.0f);
  const std::int64_t stride = s_.sweep.stride.width;
  for_each_run([&](std::int64_t at, std::int64_t pixel, std::int64_t run) {
    if (stride == 1) {
      std::copy_n(map + pixel, run, rows + at);
    } else {
      for (std::int64_t i = 0; i < run; ++i) rows[at + i] = map[pixel + i * stride];
    }
  });
}

void FloatConvolution::roll(const float* rows, float* map) const {
  const std::int64_t stride = s_.sweep.stride.width;
  for_each_run([&](std::int64_t at, std::int64_t pixel, std::int64_t run) {
    if (stride == 1) {
      for (std::int64_t i = 0; i < run; ++i) map[pixel + i] += rows[at + i];
    } else {
      for (std::int64_t i = 0; i < run; ++i) map[pixel + i * stride] += rows[at + i];
    }
  });
}

void FloatConvolution::convolve(const float* map, const float* filters, const float* bias,
                                float* scratch, float* result) const {
  const std::int64_t outputs = group_outputs();
  if (depthwise()) {
    for (std::int64_t c = 0; c < s_.channels; ++c) {
      plane_.convolve(map + c * group_pixels(), filters + c * outputs * weights(),
                      bias == nullptr ? nullptr : bias + c * outputs, outputs, scratch,
                      result + c * outputs * windows());
    }
    return;
  }
  for (std::int64_t o = 0; o < s_.outputs && bias != nullptr; ++o) {
    std::fill_n(result + o * windows(), size(windows()), bias[o]);
  }
  for (std::int64_t g = 0; g < s_.groups; ++g) {
    unroll(map + g * group_pixels(), scratch);
    matrix_product(size(outputs), size(weights()), size(windows()),
                   {filters + g * outputs * weights(), weights(), 1}, {scratch, windows(), 1},
                   result + g * outputs * windows(), size(windows()), bias != nullptr);
  }
}

void FloatConvolution::add_map_gradient(const float* gradient, const float* filters, float* scratch,
                                        float* to) const {
  const std::int64_t outputs = group_outputs();
  for (std::int64_t g = 0; g < s_.groups; ++g) {
    const float* const own = gradient + g * outputs * windows();
    const float* const taps = filters + g * outputs * weights();
    if (depthwise()) {
      plane_.add_map_gradient(own, taps, outputs, scratch, to + g * group_pixels());
      continue;
    }
    matrix_product(size(weights()), size(outputs), size(windows()),
                   MatrixView{taps, weights(), 1}.transposed(), {own, windows(), 1}, scratch,
                   size(windows()));
    roll(scratch, to + g * group_pixels());
  }
}

void FloatConvolution::add_filter_gradient(const float* map, const float* gradient, float* scratch,
                                           float* to) const {
  const std::int64_t outputs = group_outputs();
  for (std::int64_t g = 0; g < s_.groups; ++g) {
    const float* const own = gradient + g * outputs * windows();
    float* const sums = to + g * outputs * weights();
    if (depthwise()) {
      plane_.add_filter_gradient(map + g * group_pixels(), own, outputs, scratch, sums);
      continue;
    }
    unroll(map + g * group_pixels(), scratch);
    // Weights x outputs: the right side, which is copied, is the smaller one then.
    matrix_product(size(weights()), size(windows()), size(outputs), {scratch, windows(), 1},
                   MatrixView{own, windows(), 1}.transposed(), sums, size(outputs), true);
  }
}

}  // namespace kirchhoff::quant
