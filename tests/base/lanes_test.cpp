#include "base/lanes.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>

#include <gtest/gtest.h>

namespace kirchhoff::base {
namespace {

std::uint32_t bits(float value) {
  std::uint32_t result = 0;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

float fused(float a, float b, float c) {
  Lanes sum = c - Lanes{};
  fuse_anywhere(sum, a - Lanes{}, b - Lanes{});
  return sum[5];
}

void expect_exact(float a, float b, float c) {
  const float right = std::fma(a, b, c), found = fused(a, b, c);
  if (std::isnan(right)) {
    EXPECT_TRUE(std::isnan(found)) << a << " * " << b << " + " << c;
  } else {
    EXPECT_EQ(bits(found), bits(right)) << std::hexfloat << a << " * " << b << " + " << c;
  }
}

TEST(LanesTest, FusesWithoutTheInstructionAsExactlyAsWithIt) {
  std::mt19937_64 engine(1);
  std::uniform_real_distribution<float> unit(-1.0f, 1.0f);
  for (int i = 0; i < 200000; ++i) {
    const auto power = [&](int reach) { return static_cast<int>(engine() % (2 * reach)) - reach; };
    const float a = std::ldexp(unit(engine), power(70)), b = std::ldexp(unit(engine), power(70));
    // Far from the product, near it, and nearly its opposite, where sums round last.
    const float near = static_cast<float>(-static_cast<double>(a) * b);
    expect_exact(a, b, std::ldexp(unit(engine), power(140)));
    expect_exact(a, b, std::ldexp(near, power(30)));
    expect_exact(a, b, std::nextafter(near, unit(engine)));
  }
}

// A product that ends on half a step of float, and a sum that tells to which side, but only beyond
// double's last bit: rounding twice would go wrong.
TEST(LanesTest, RoundsOnceWhereRoundingTwiceWouldDiffer) {
  const float a = 1.0f + std::ldexp(1.0f, -12), b = 1.0f + std::ldexp(1.0f, -12);
  for (const int power : {-60, -70, -100, -140}) {
    for (const float sign : {1.0f, -1.0f}) {
      expect_exact(a, b, sign * std::ldexp(1.0f, power));
      expect_exact(-a, b, sign * std::ldexp(1.0f, power));
    }
  }
}

TEST(LanesTest, KeepsInfinitiesZerosAndNumbersBelowTheNormalRange) {
  const float infinity = std::numeric_limits<float>::infinity();
  const float values[] = {0.0f,
                          -0.0f,
                          1.0f,
                          -1.5f,
                          infinity,
                          -infinity,
                          std::nanf(""),
                          std::numeric_limits<float>::max(),
                          std::numeric_limits<float>::min(),
                          std::numeric_limits<float>::denorm_min(),
                          -3e-39f};
  for (const float a : values) {
    for (const float b : values) {
      for (const float c : values) expect_exact(a, b, c);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::base
