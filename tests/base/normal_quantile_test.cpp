#include "base/normal_quantile.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kirchhoff::base {
namespace {

double below(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

TEST(NormalQuantile, IsTheInverseOfTheDistribution) {
  for (double x = -8.0; x <= 0.0; x += 1.0 / 64) {
    EXPECT_NEAR(normal_quantile(below(x)), x, 1e-13 * (1 + std::abs(x))) << x;
  }
  // Above, where 1 - p is what a double can still tell.
  for (double x = 0.0; x <= 4.0; x += 1.0 / 64) EXPECT_NEAR(normal_quantile(below(x)), x, 1e-11);
}

TEST(NormalQuantile, IsOddAboutTheMedian) {
  EXPECT_EQ(normal_quantile(0.5), 0.0);
  for (int i = 1; i < 512; ++i) {
    const double p = i / 1024.0;
    EXPECT_EQ(normal_quantile(1.0 - p), -normal_quantile(p)) << p;
  }
}

// Bits that every processor must give: centre, tail, far tail.
TEST(NormalQuantile, HasKnownValues) {
  EXPECT_NEAR(normal_quantile(0.25), -0.67448975019608174, 1e-15);
  EXPECT_NEAR(normal_quantile(0.001), -3.0902323061678135, 1e-14);
  EXPECT_NEAR(normal_quantile(1e-20), -9.2623400897984076, 1e-13);
}

}  // namespace
}  // namespace kirchhoff::base
