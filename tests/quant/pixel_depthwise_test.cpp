#include "quant/float/pixel_depthwise.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "quant/float/float_depthwise.h"

namespace kirchhoff::quant {
namespace {

struct Case {
  std::int64_t channels, height, width;
  Sweep sweep;
};

/// Odd sizes, strides beyond the kernel, dilation, uneven padding; channels that fill no vector.
std::vector<Case> cases() {
  return {{1, 5, 4, {3, 1, 1, 1}},
          {16, 6, 6, {3, 2, 1, 1}},
          {33, 7, 5, {{3, 2}, {1, 3}, 1, {1, 0, 2, 1}}},
          {70, 9, 8, {3, {2, 1}, 2, 2}},
          {40, 1, 1, {3, 1, 1, 1}},
          {19, 8, 8, {2, 4, 1, 0}}};
}

std::vector<float> random_values(std::int64_t count, std::mt19937_64& engine) {
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& value : values) value = static_cast<float>(engine() % 2001) / 1000.0f - 1.0f;
  return values;
}

/// channels x count of count x channels.
std::vector<float> turned(const std::vector<float>& values, std::int64_t channels) {
  const std::int64_t count = static_cast<std::int64_t>(values.size()) / channels;
  std::vector<float> result;
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t i = 0; i < count; ++i)
      result.push_back(values[static_cast<std::size_t>(i * channels + c)]);
  }
  return result;
}

class PixelDepthwiseTest : public testing::TestWithParam<Case> {
 protected:
  const Case& its = GetParam();
  std::mt19937_64 engine{7};
  const PixelDepthwise pixels{its.channels, its.height, its.width, its.sweep};
  const FloatDepthwise plane{its.height, its.width, its.sweep};
  const std::int64_t size = its.height * its.width, windows = pixels.down() * pixels.across();
  const std::int64_t weights = its.sweep.kernel.height * its.sweep.kernel.width;
  const std::vector<float> map = random_values(size * its.channels, engine);
  const std::vector<float> filters = random_values(weights * its.channels, engine);
  const std::vector<float> bias = random_values(its.channels, engine);
  const std::vector<float> gradient = random_values(windows * its.channels, engine);
  std::vector<float> scratch = std::vector<float>(plane.scratch());
};

TEST_P(PixelDepthwiseTest, ConvolvesToTheBitsOfChannelsAlone) {
  const auto planes = turned(map, its.channels), taps = turned(filters, its.channels);
  for (const float* its_bias : {bias.data(), static_cast<const float*>(nullptr)}) {
    std::vector<float> found(gradient.size()), expected(gradient.size());
    pixels.convolve(map.data(), filters.data(), its_bias, found.data());
    for (std::int64_t c = 0; c < its.channels; ++c) {
      plane.convolve(planes.data() + c * size, taps.data() + c * weights,
                     its_bias == nullptr ? nullptr : its_bias + c, 1, scratch.data(),
                     expected.data() + c * windows);
    }
    EXPECT_EQ(turned(found, its.channels), expected);
  }
}

TEST_P(PixelDepthwiseTest, GradientsAreThoseOfChannelsAloneUpToRounding) {
  const auto planes = turned(map, its.channels), taps = turned(filters, its.channels),
             slopes = turned(gradient, its.channels);
  std::vector<float> of_map(map.size()), of_filters(filters.size(), 1.0f);
  pixels.map_gradient(gradient.data(), filters.data(), of_map.data());
  pixels.add_filter_gradient(map.data(), gradient.data(), of_filters.data());
  std::vector<float> map_expected(map.size()), filters_expected(filters.size(), 1.0f);
  for (std::int64_t c = 0; c < its.channels; ++c) {
    plane.add_map_gradient(slopes.data() + c * windows, taps.data() + c * weights, 1,
                           scratch.data(), map_expected.data() + c * size);
    plane.add_filter_gradient(planes.data() + c * size, slopes.data() + c * windows, 1,
                              scratch.data(), filters_expected.data() + c * weights);
  }
  const auto expect_near = [](const std::vector<float>& found, const std::vector<float>& expected) {
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-4);
  };
  expect_near(turned(of_map, its.channels), map_expected);
  expect_near(turned(of_filters, its.channels), filters_expected);
}

INSTANTIATE_TEST_SUITE_P(Sizes, PixelDepthwiseTest, testing::ValuesIn(cases()));

}  // namespace
}  // namespace kirchhoff::quant
