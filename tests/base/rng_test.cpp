#include "base/rng.h"

#include <array>
#include <sstream>

#include <gtest/gtest.h>

#include "base/error.h"

namespace kirchhoff::agent {
namespace {

TEST(RngTest, SavedStateContinuesTheSequence) {
  Rng rng(7);
  for (int i = 0; i < 1000; ++i) rng.uniform();
  std::stringstream bytes;
  rng.save(bytes);
  Rng other(8);
  other.load(bytes);
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(rng.uniform(), other.uniform());
  std::stringstream empty;
  EXPECT_THROW(other.load(empty), InputError);
}

TEST(RngTest, DrawsFollowTheProbabilities) {
  Rng rng(1);
  std::array<int, 4> counts{};
  for (int i = 0; i < 10000; ++i) ++counts[rng.sample({0.1, 0.0, 0.6, 0.3})];
  EXPECT_NEAR(counts[0], 1000, 150);
  EXPECT_EQ(counts[1], 0);
  EXPECT_NEAR(counts[2], 6000, 250);
  EXPECT_NEAR(counts[3], 3000, 250);
  std::array<int, 7> even{};
  for (int i = 0; i < 7000; ++i) ++even[rng.index(7)];
  for (const int count : even) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace kirchhoff::agent
