#include "base/conversion_noise.h"

#include <cmath>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "base/processor.h"

namespace kirchhoff::base {
namespace {

TEST(ConversionNoise, NumbersSideBySideAreThoseOfTheirNamesOnEveryProcessor) {
  std::mt19937_64 engine(1);
  const auto random = [&] { return static_cast<std::uint32_t>(engine()); };
  for (int round = 0; round < 20; ++round) {
    const NoiseKey key{random(), random()};
    const auto kind = static_cast<NoiseKind>(random() % 2);
    const int bit = static_cast<int>(random() % 16), row = static_cast<int>(random() % 1024),
              column = 4 * static_cast<int>(random() % 256);
    std::vector<NoiseEvent> events(16 * (1 + random() % 8));
    std::vector<std::uint32_t> images, windows;
    for (NoiseEvent& event : events) {
      event = {random(), static_cast<int>(random() % 65536), static_cast<int>(random() % 65536),
               bit, row};
      images.push_back(event.image);
      windows.push_back(window_word(event.y, event.x));
    }
    std::vector<float> expected;
    for (int c = 0; c < kNoiseColumns; ++c) {
      for (const NoiseEvent& event : events)
        expected.push_back(noise_deviate(key, kind, event, column + c));
    }
    for (const Processor processor : processors()) {
      const ForceProcessor forced(processor);
      std::vector<float> found(expected.size());
      noise_deviates(key, kind, {images.data(), windows.data(), static_cast<int>(events.size())},
                     bit, row, column, found.data());
      EXPECT_EQ(found, expected) << static_cast<int>(processor);
    }
  }
}

// Another pair, kind, image, place, step, row or column is another number.
TEST(ConversionNoise, EveryPartOfANameCounts) {
  const NoiseEvent event{1, 2, 3, 4, 5};
  std::set<float> found;
  const auto draw = [&](const NoiseKey& key, NoiseKind kind, const NoiseEvent& of, int column) {
    found.insert(noise_deviate(key, kind, of, column));
  };
  draw({1, 2}, NoiseKind::kRead, event, 6);
  draw({1, 3}, NoiseKind::kRead, event, 6);
  draw({2, 2}, NoiseKind::kRead, event, 6);
  draw({1, 2}, NoiseKind::kThermal, event, 6);
  for (const NoiseEvent& other : std::vector<NoiseEvent>{
           {2, 2, 3, 4, 5}, {1, 3, 3, 4, 5}, {1, 2, 4, 4, 5}, {1, 2, 3, 5, 5}, {1, 2, 3, 4, 6}})
    draw({1, 2}, NoiseKind::kRead, other, 6);
  for (int column = 7; column < 12; ++column) draw({1, 2}, NoiseKind::kRead, event, column);
  EXPECT_EQ(found.size(), 14u);
  EXPECT_EQ(noise_deviate({1, 2}, NoiseKind::kRead, event, 6),
            noise_deviate({1, 2}, NoiseKind::kRead, event, 6));
}

TEST(ConversionNoise, NumbersAreNormal) {
  constexpr int kColumns = 1000, kWindows = 1024, kNumbers = kColumns * kWindows;
  std::vector<std::uint32_t> images(kWindows, 7), windows;
  for (int i = 0; i < kWindows; ++i) windows.push_back(window_word(i / 32, i % 32));
  std::vector<float> numbers(std::size_t{kNoiseColumns} * kWindows);
  double sums[5] = {}, last = 0, neighbours = 0;
  int beyond_3 = 0, beyond_4 = 0;
  for (int column = 0; column < kColumns; column += kNoiseColumns) {
    noise_deviates({3, 4}, NoiseKind::kRead, {images.data(), windows.data(), kWindows}, 2, 0,
                   column, numbers.data());
    for (const float number : numbers) {
      const double x = number;
      ASSERT_LE(std::abs(x), kLargestDeviate);
      double power = 1;
      for (double& sum : sums) sum += power, power *= x;
      beyond_3 += std::abs(x) > 3 ? 1 : 0;
      beyond_4 += std::abs(x) > 4 ? 1 : 0;
      neighbours += x * last;
      last = x;
    }
  }
  const auto mean = [&](int power) { return sums[power] / kNumbers; };
  // Five standard errors of what as many numbers give: sqrt(1, 2, 15, 96) / 1012.
  EXPECT_NEAR(mean(1), 0, 5 * 1.0 / 1012);
  EXPECT_NEAR(mean(2), 1, 5 * std::sqrt(2.0) / 1012);
  EXPECT_NEAR(mean(3), 0, 5 * std::sqrt(15.0) / 1012);
  EXPECT_NEAR(mean(4), 3, 5 * std::sqrt(96.0) / 1012);
  EXPECT_NEAR(neighbours / kNumbers, 0, 5 * 1.0 / 1012);
  EXPECT_NEAR(beyond_3, 0.0026998 * kNumbers, 5 * std::sqrt(0.0027 * kNumbers));
  EXPECT_NEAR(beyond_4, 6.334e-5 * kNumbers, 5 * std::sqrt(6.334e-5 * kNumbers));
}

TEST(ConversionNoise, PartsOfALevelAreTheNearest) {
  EXPECT_EQ(noise_parts(2.0f, 1.2f), 2);
  EXPECT_EQ(noise_parts(2.0f, 1.3f), 3);
  EXPECT_EQ(noise_parts(2.0f, -1.3f), -3);
  EXPECT_EQ(noise_parts(1.0f, 2.5f), 2);
  EXPECT_EQ(noise_parts(0.0f, 6.0f), 0);
  // A hundred cells of one level: sigma is that of one times their root.
  EXPECT_EQ(noise_square(256), 256);
  EXPECT_FLOAT_EQ(read_sigma(0.01f, 100 * noise_square(256)), 25.6f);
}

}  // namespace
}  // namespace kirchhoff::base
