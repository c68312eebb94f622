#include "quant/float/float_convolution.h"

#include <algorithm>
#include <cstddef>

#include "base/matrix_product.h"

namespace kirchhoff::quant {
namespace {

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

}  // namespace

FloatConvolution::FloatConvolution(const Sizes& sizes)
    : s_(sizes),
      down_((s_.height + 2 * s_.padding - s_.kernel_height) / s_.stride + 1),
      across_((s_.width + 2 * s_.padding - s_.kernel_width) / s_.stride + 1) {}

std::int64_t FloatConvolution::weights() const {
  return s_.channels * s_.kernel_height * s_.kernel_width;
}
std::int64_t FloatConvolution::pixels() const { return s_.channels * s_.height * s_.width; }

/// Calls use(unrolled element, pixel, count) for every run of neighbours, `stride` pixels apart.
template <class Use>
void FloatConvolution::for_each_run(const Use& use) const {
  std::int64_t row = 0;
  for (std::int64_t channel = 0; channel < s_.channels; ++channel) {
    for (std::int64_t ky = 0; ky < s_.kernel_height; ++ky) {
      for (std::int64_t kx = 0; kx < s_.kernel_width; ++kx, ++row) {
        // Windows whose pixel for this weight lies inside.
        const std::int64_t before = s_.padding - kx;
        const std::int64_t first = before > 0 ? (before + s_.stride - 1) / s_.stride : 0;
        const std::int64_t last = std::min(across_, (s_.width - 1 + before) / s_.stride + 1);
        for (std::int64_t window = 0; window < down_ && first < last; ++window) {
          const std::int64_t y = window * s_.stride - s_.padding + ky;
          if (y < 0 || y >= s_.height) continue;
          use(row * windows() + window * across_ + first,
              (channel * s_.height + y) * s_.width + first * s_.stride - before, last - first);
        }
      }
    }
  }
}

void FloatConvolution::unroll(const float* map, float* rows) const {
  if (s_.padding > 0) std::fill_n(rows, size(weights() * windows()), 0.0f);
  for_each_run([&](std::int64_t at, std::int64_t pixel, std::int64_t run) {
    if (s_.stride == 1) {
      std::copy_n(map + pixel, run, rows + at);
    } else {
      for (std::int64_t i = 0; i < run; ++i) rows[at + i] = map[pixel + i * s_.stride];
    }
  });
}

void FloatConvolution::roll(const float* rows, float* map) const {
  for_each_run([&](std::int64_t at, std::int64_t pixel, std::int64_t run) {
    if (s_.stride == 1) {
      for (std::int64_t i = 0; i < run; ++i) map[pixel + i] += rows[at + i];
    } else {
      for (std::int64_t i = 0; i < run; ++i) map[pixel + i * s_.stride] += rows[at + i];
    }
  });
}

void FloatConvolution::convolve(const float* map, const float* filters, const float* bias,
                                float* rows, float* result) const {
  unroll(map, rows);
  for (std::int64_t o = 0; o < s_.outputs && bias != nullptr; ++o) {
    std::fill_n(result + o * windows(), size(windows()), bias[o]);
  }
  base::matrix_product(size(s_.outputs), size(weights()), size(windows()), {filters, weights(), 1},
                       {rows, windows(), 1}, result, size(windows()), bias != nullptr);
}

}  // namespace kirchhoff::quant
