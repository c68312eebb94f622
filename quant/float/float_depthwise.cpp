#include "quant/float/float_depthwise.h"

#include <algorithm>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

/// Sums that a product sum is divided into.
constexpr int kChains = 16;
/// Floats behind every row of work that a kernel may touch: it takes whole vectors, two at a time.
constexpr std::int64_t kSlack = 64;

struct Kernels {
  void (*shifted_sums)(const float* from, const std::ptrdiff_t* shifts, const float* taps,
                       std::size_t weights, float bias, float* to, std::size_t count);
  float (*product_sum)(const float* one, const float* other, std::size_t count);
};

#define KIRCHHOFF_KERNELS "quant/float/float_depthwise_kernels.inc"
#include "base/each_processor.inc"

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

}  // namespace

FloatDepthwise::FloatDepthwise(std::int64_t height, std::int64_t width, const Sweep& sweep)
    : height_(height), width_(width), sweep_(sweep) {
  const Extent positions = sweep.positions(static_cast<int>(height), static_cast<int>(width));
  down_ = positions.height;
  across_ = positions.width;
  row_ = width + sweep.padding.columns();
  for (std::int64_t y = 0; y < sweep.kernel.height; ++y) {
    for (std::int64_t x = 0; x < sweep.kernel.width; ++x)
      shifts_.push_back(y * sweep.dilation.height * row_ + x * sweep.dilation.width);
  }
  for (const std::ptrdiff_t shift : shifts_) turned_.push_back(shifts_.back() - shift);
}

std::int64_t FloatDepthwise::reach() const {
  return (down_ - 1) * sweep_.stride.height * row_ + (across_ - 1) * sweep_.stride.width + 1;
}

std::int64_t FloatDepthwise::padded() const {
  return (height_ + sweep_.padding.rows()) * row_ + kSlack;
}

// Two planes of work at a time: a padded channel, and sums or a spread gradient with room for a
// filter before and behind.
std::size_t FloatDepthwise::scratch() const {
  return size(2 * (padded() + 2 * static_cast<std::int64_t>(shifts_.back()) + kSlack));
}

void FloatDepthwise::pad(const float* channel, float* to) const {
  std::fill_n(to, size(padded()), 0.0f);
  for (std::int64_t y = 0; y < height_; ++y) {
    std::copy_n(channel + y * width_, width_,
                to + (y + sweep_.padding.top) * row_ + sweep_.padding.left);
  }
}

void FloatDepthwise::spread(const float* gradient, float* to) const {
  std::fill_n(to, size(reach() + kSlack), 0.0f);
  for (std::int64_t y = 0; y < down_; ++y) {
    float* const row = to + y * sweep_.stride.height * row_;
    for (std::int64_t x = 0; x < across_; ++x)
      row[x * sweep_.stride.width] = gradient[y * across_ + x];
  }
}

void FloatDepthwise::convolve(const float* channel, const float* taps_of_all, const float* bias,
                              std::int64_t filters, float* scratch, float* result) const {
  float* const sums = scratch + padded() + shifts_.back();
  pad(channel, scratch);
  for (std::int64_t f = 0; f < filters; ++f) {
    kernels().shifted_sums(scratch, shifts_.data(), taps_of_all + f * taps(), size(taps()),
                           bias == nullptr ? 0.0f : bias[f], sums, size(reach()));
    for (std::int64_t y = 0; y < down_; ++y) {
      const float* const row = sums + y * sweep_.stride.height * row_;
      for (std::int64_t x = 0; x < across_; ++x) *result++ = row[x * sweep_.stride.width];
    }
  }
}

// Pixel p takes the gradient of every window that begins a weight's shift before it: a convolution
// of the spread gradient with the filter turned around.
void FloatDepthwise::add_map_gradient(const float* gradient, const float* taps_of_all,
                                      std::int64_t filters, float* scratch, float* to) const {
  const std::ptrdiff_t last = shifts_.back();
  float* const sums = scratch;
  float* const spread_out = scratch + padded();
  for (std::int64_t f = 0; f < filters; ++f) {
    std::fill_n(spread_out, size(padded() + 2 * last), 0.0f);
    spread(gradient + f * down_ * across_, spread_out + last);
    kernels().shifted_sums(spread_out, turned_.data(), taps_of_all + f * taps(), size(taps()), 0.0f,
                           sums, size(padded() - kSlack));
    for (std::int64_t y = 0; y < height_; ++y) {
      const float* const row = sums + (y + sweep_.padding.top) * row_ + sweep_.padding.left;
      for (std::int64_t x = 0; x < width_; ++x) to[y * width_ + x] += row[x];
    }
  }
}

void FloatDepthwise::add_filter_gradient(const float* channel, const float* gradient,
                                         std::int64_t filters, float* scratch, float* to) const {
  float* const spread_out = scratch + padded() + shifts_.back();
  pad(channel, scratch);
  const std::int64_t whole = (reach() + kChains - 1) / kChains * kChains;
  for (std::int64_t f = 0; f < filters; ++f) {
    spread(gradient + f * down_ * across_, spread_out);
    for (std::int64_t t = 0; t < taps(); ++t) {
      to[t * filters + f] +=
          kernels().product_sum(spread_out, scratch + shifts_[size(t)], size(whole));
    }
  }
}

}  // namespace kirchhoff::quant
