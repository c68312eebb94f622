#include "quant/float/pixel_depthwise.h"

#include <algorithm>
#include <cstddef>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

struct Kernels {
  void (*sum_products)(const float* start, const float* const* one, const float* const* other,
                       std::size_t count, std::size_t first, std::size_t end, float* to);
};

#define KIRCHHOFF_KERNELS "quant/float/pixel_depthwise_kernels.inc"
#include "base/each_processor.inc"

/// Channels that are summed at a time over a whole map.
constexpr std::int64_t kBlock = 32;

/// Pairs of channel vectors whose products are summed.
struct Pairs {
  std::vector<const float*> one, other;

  void add(const float* a, const float* b) {
    one.push_back(a);
    other.push_back(b);
  }
  /// Of the channels from `first` to `end` - 1.
  void sum(const float* start, std::int64_t first, std::int64_t end, float* to) const {
    kernels().sum_products(start, one.data(), other.data(), one.size(),
                           static_cast<std::size_t>(first), static_cast<std::size_t>(end), to);
  }
  void clear() {
    one.clear();
    other.clear();
  }
};

/// Calls use(pairs, number) for every number in [0, count), with what `pair` makes of the links
/// that have it; `links` are in the order of `number_of`.
template <class Links, class NumberOf, class Pair, class Use>
void for_each_number(const Links& links, std::int64_t count, const NumberOf& number_of,
                     const Pair& pair, const Use& use) {
  Pairs pairs;
  auto link = links.begin();
  for (std::int64_t number = 0; number < count; ++number) {
    pairs.clear();
    for (; link != links.end() && number_of(*link) == number; ++link) pair(pairs, *link);
    use(pairs, number);
  }
}

}  // namespace

PixelDepthwise::PixelDepthwise(std::int64_t channels, std::int64_t height, std::int64_t width,
                               const Sweep& sweep)
    : channels_(channels), height_(height), width_(width) {
  const Extent positions = sweep.positions(static_cast<int>(height), static_cast<int>(width));
  down_ = positions.height;
  across_ = positions.width;
  for (std::int64_t window = 0; window < down_ * across_; ++window) {
    const std::int64_t top = window / across_ * sweep.stride.height - sweep.padding.top;
    const std::int64_t left = window % across_ * sweep.stride.width - sweep.padding.left;
    for (std::int64_t weight = 0; weight < sweep.kernel.height * sweep.kernel.width; ++weight) {
      const std::int64_t y = top + weight / sweep.kernel.width * sweep.dilation.height;
      const std::int64_t x = left + weight % sweep.kernel.width * sweep.dilation.width;
      if (y >= 0 && y < height_ && x >= 0 && x < width_)
        by_window_.push_back({weight, y * width_ + x, window});
    }
  }
  // The order of what is summed is that of windows, and so of weights, in all of them.
  by_pixel_ = by_weight_ = by_window_;
  std::stable_sort(by_pixel_.begin(), by_pixel_.end(),
                   [](const Link& a, const Link& b) { return a.pixel < b.pixel; });
  std::stable_sort(by_weight_.begin(), by_weight_.end(),
                   [](const Link& a, const Link& b) { return a.weight < b.weight; });
}

void PixelDepthwise::convolve(const float* map, const float* filters, const float* bias,
                              float* result) const {
  const std::vector<float> none(static_cast<std::size_t>(channels_), 0.0f);
  const float* const start = bias == nullptr ? none.data() : bias;
  for_each_number(
      by_window_, down_ * across_, [](const Link& link) { return link.window; },
      [&](Pairs& pairs, const Link& link) {
        pairs.add(map + link.pixel * channels_, filters + link.weight * channels_);
      },
      [&](const Pairs& pairs, std::int64_t window) {
        pairs.sum(start, 0, channels_, result + window * channels_);
      });
}

void PixelDepthwise::map_gradient(const float* gradient, const float* filters, float* to) const {
  const std::vector<float> none(static_cast<std::size_t>(channels_), 0.0f);
  for_each_number(
      by_pixel_, height_ * width_, [](const Link& link) { return link.pixel; },
      [&](Pairs& pairs, const Link& link) {
        pairs.add(gradient + link.window * channels_, filters + link.weight * channels_);
      },
      [&](const Pairs& pairs, std::int64_t pixel) {
        pairs.sum(none.data(), 0, channels_, to + pixel * channels_);
      });
}

void PixelDepthwise::add_filter_gradient(const float* map, const float* gradient, float* to) const {
  const std::int64_t weights = by_weight_.empty() ? 0 : by_weight_.back().weight + 1;
  std::vector<Pairs> of_weight;
  for_each_number(
      by_weight_, weights, [](const Link& link) { return link.weight; },
      [&](Pairs& pairs, const Link& link) {
        pairs.add(map + link.pixel * channels_, gradient + link.window * channels_);
      },
      [&](const Pairs& pairs, std::int64_t) { of_weight.push_back(pairs); });
  // A few channels of a map stay in the cache while every weight goes over them.
  for (std::int64_t first = 0; first < channels_; first += kBlock) {
    const std::int64_t end = std::min(first + kBlock, channels_);
    for (std::int64_t weight = 0; weight < weights; ++weight) {
      float* const own = to + weight * channels_;
      of_weight[static_cast<std::size_t>(weight)].sum(own, first, end, own);
    }
  }
}

}  // namespace kirchhoff::quant
