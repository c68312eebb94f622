// What base/vectors.inc adds to the compiler's vectors, on every kind of processor that this is.

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "base/kernels.h"

namespace kirchhoff {
namespace {

using base::ForceProcessor;
using base::Processor;
using base::processors;

constexpr int kTested = 64;

struct Kernels {
  void (*fuse)(const float* a, const float* b, float* sums);
  void (*add_products)(const std::int16_t* a, const std::int16_t* b, std::uint32_t* sums);
  std::int64_t (*multiply)(const std::int32_t*, const std::int32_t*, std::ptrdiff_t count);
  void (*count_bits)(std::uint64_t* values);
};

#define KIRCHHOFF_KERNELS "tests/base/vectors_kernels.inc"
#include "base/each_processor.inc"

std::uint32_t bits(float value) {
  std::uint32_t result = 0;
  std::memcpy(&result, &value, sizeof result);
  return result;
}

/// In lane 5, with other numbers in the others.
float fused(float a, float b, float c) {
  float left[kTested / 4] = {1.0f, 2.0f}, right[kTested / 4] = {3.0f, -1.0f},
                       sums[kTested / 4] = {0.5f, 0.5f};
  left[5] = a;
  right[5] = b;
  sums[5] = c;
  kernels().fuse(left, right, sums);
  EXPECT_EQ(sums[0], 3.5f);
  EXPECT_EQ(sums[1], -1.5f);
  return sums[5];
}

void expect_exact(float a, float b, float c) {
  const float right = std::fma(a, b, c);
  for (const Processor kind : processors()) {
    const ForceProcessor forced(kind);
    const float found = fused(a, b, c);
    if (std::isnan(right)) {
      EXPECT_TRUE(std::isnan(found)) << a << " * " << b << " + " << c;
    } else {
      EXPECT_EQ(bits(found), bits(right)) << std::hexfloat << a << " * " << b << " + " << c;
    }
  }
}

TEST(Vectors, FuseWithoutTheInstructionAsExactlyAsWithIt) {
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
TEST(Vectors, RoundOnceWhereRoundingTwiceWouldDiffer) {
  const float a = 1.0f + std::ldexp(1.0f, -12), b = 1.0f + std::ldexp(1.0f, -12);
  for (const int power : {-60, -70, -100, -140}) {
    for (const float sign : {1.0f, -1.0f}) {
      expect_exact(a, b, sign * std::ldexp(1.0f, power));
      expect_exact(-a, b, sign * std::ldexp(1.0f, power));
    }
  }
}

TEST(Vectors, KeepInfinitiesZerosAndNumbersBelowTheNormalRange) {
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

TEST(Vectors, AddProductsOfPairsModulo32Bits) {
  std::mt19937_64 engine(2);
  for (int round = 0; round < 1000; ++round) {
    std::int16_t a[kTested / 2], b[kTested / 2];
    std::uint32_t before[kTested / 4], expected[kTested / 4];
    for (int i = 0; i < kTested / 2; ++i) {
      a[i] = engine() % 4 == 0 ? INT16_MIN : static_cast<std::int16_t>(engine());
      b[i] = engine() % 4 == 0 ? INT16_MIN : static_cast<std::int16_t>(engine());
    }
    for (int i = 0; i < kTested / 4; ++i) {
      before[i] = static_cast<std::uint32_t>(engine());
      expected[i] = before[i] + static_cast<std::uint32_t>(a[2 * i] * b[2 * i]) +
                    static_cast<std::uint32_t>(a[2 * i + 1] * b[2 * i + 1]);
    }
    for (const Processor kind : processors()) {
      const ForceProcessor forced(kind);
      std::uint32_t sums[kTested / 4];
      std::memcpy(sums, before, sizeof sums);
      kernels().add_products(a, b, sums);
      EXPECT_EQ(std::memcmp(sums, expected, sizeof sums), 0);
    }
  }
}

TEST(Vectors, MultiplyAnyNumberOfNumbers) {
  std::mt19937_64 engine(4);
  std::vector<std::int32_t> a, b;
  std::int64_t sum = 0;
  for (std::ptrdiff_t count = 0; count < 70; ++count) {
    for (const Processor kind : processors()) {
      const ForceProcessor forced(kind);
      EXPECT_EQ(kernels().multiply(a.data(), b.data(), count), sum) << count;
    }
    a.push_back(static_cast<std::int32_t>(engine()));
    b.push_back(static_cast<std::int32_t>(engine()) >> 8);
    sum += std::int64_t{a.back()} * b.back();
  }
}

TEST(Vectors, CountBits) {
  std::mt19937_64 engine(3);
  for (int round = 0; round < 1000; ++round) {
    std::uint64_t values[kTested / 8];
    for (std::uint64_t& value : values) value = engine() & engine() << engine() % 64;
    values[round % 8] = round % 2 == 0 ? ~std::uint64_t{0} : 0;
    for (const Processor kind : processors()) {
      const ForceProcessor forced(kind);
      std::uint64_t counts[kTested / 8];
      std::memcpy(counts, values, sizeof counts);
      kernels().count_bits(counts);
      for (int i = 0; i < kTested / 8; ++i)
        EXPECT_EQ(counts[i], static_cast<std::uint64_t>(__builtin_popcountll(values[i])));
    }
  }
}

TEST(Processor, KernelsOfALowerOneAreThoseThatAreAskedFor) {
  EXPECT_EQ(processors().front(), Processor::kAny);
  EXPECT_EQ(processors().back(), base::processor());
  {
    const ForceProcessor forced(Processor::kAny);
    EXPECT_EQ(base::processor(), Processor::kAny);
    EXPECT_EQ(&kernels(), &any::kKernels);
  }
  EXPECT_EQ(processors().back(), base::processor());
  // base_test_any_kernels runs all tests of base under this setting.
  const char* const setting = std::getenv("KIRCHHOFF_KERNELS");
  if (setting != nullptr && std::strcmp(setting, "any") == 0) {
    EXPECT_EQ(base::processor(), Processor::kAny);
  }
}

}  // namespace
}  // namespace kirchhoff
