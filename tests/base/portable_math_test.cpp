#include "base/portable_math.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::base {
namespace {

/// FNV-1a over the bytes of the values.
template <class Value>
std::uint64_t digest(const std::vector<Value>& values) {
  std::uint64_t result = 14695981039346656037ULL;
  for (const Value& value : values) {
    unsigned char bytes[sizeof value];
    std::memcpy(bytes, &value, sizeof value);
    for (const unsigned char byte : bytes) result = (result ^ byte) * 1099511628211ULL;
  }
  return result;
}

double uniform(std::mt19937_64& engine) { return static_cast<double>(engine() >> 11) * 0x1p-53; }

TEST(PortableMathTest, IsWhatTheNamesSay) {
  std::mt19937_64 engine(1);
  for (int i = 0; i < 20000; ++i) {
    const double x = 40.0 * uniform(engine) - 20.0, y = 10.0 * uniform(engine) + 1e-3;
    EXPECT_NEAR(portable_exp(x) / std::exp(x), 1.0, 4e-16);
    EXPECT_NEAR(portable_log(y), std::log(y), 4e-16 * std::max(1.0, std::abs(std::log(y))));
    EXPECT_NEAR(portable_pow(y, x) / std::pow(y, x), 1.0, 4e-16);
    EXPECT_NEAR(portable_cos(x), std::cos(x), 3e-16);
  }
}

// The C library's functions differ in the last bit between processors with and without fused
// multiply-adds, for about one argument in a thousand; these digests are those of all of them.
TEST(PortableMathTest, GivesTheRecordedBits) {
  std::mt19937_64 engine(2);
  std::vector<double> values;
  for (int i = 0; i < 50000; ++i) {
    const double x = 60.0 * uniform(engine) - 30.0, y = 100.0 * uniform(engine) + 1e-6;
    values.insert(values.end(),
                  {portable_exp(x), portable_log(y), portable_pow(y, x / 8.0), portable_cos(x)});
  }
  EXPECT_EQ(digest(values), 13705579400394554026u);
  std::vector<float> tanhs(100003);
  for (float& value : tanhs) value = static_cast<float>(16.0 * uniform(engine) - 8.0);
  portable_tanh(tanhs.data(), tanhs.size());
  EXPECT_EQ(digest(tanhs), 11078559481570882969u);
}

TEST(PortableMathTest, TanhIsTheSameWhereverAnElementLies) {
  std::mt19937_64 engine(3);
  std::vector<float> values(200);
  for (float& value : values) value = static_cast<float>(20.0 * uniform(engine) - 10.0);
  std::vector<float> whole = values;
  portable_tanh(whole.data(), whole.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    float alone = values[i];
    portable_tanh(&alone, 1);
    EXPECT_EQ(alone, whole[i]);
    EXPECT_NEAR(alone, std::tanh(values[i]), 5e-7);
  }
  for (std::size_t first = 0; first < 9; ++first) {
    std::vector<float> part = values;
    portable_tanh(part.data() + first, part.size() - first);
    EXPECT_TRUE(std::equal(part.begin() + static_cast<std::ptrdiff_t>(first), part.end(),
                           whole.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

}  // namespace
}  // namespace kirchhoff::base
