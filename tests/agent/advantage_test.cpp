#include "agent/methods/ppo/advantage.h"

#include <cmath>

#include <gtest/gtest.h>

namespace kirchhoff::agent {
namespace {

TEST(AdvantageTest, MatchesTheHandComputation) {
  // discount 1/2, lambda 1/2, values 2, 4, 1, reward 8 at the end:
  // residuals 0 + 4/2 - 2 = 0, 0 + 1/2 - 4 = -3.5, 8 - 1 = 7;
  // advantages from the back: 7, -3.5 + 7/4 = -1.75, 0 - 1.75/4 = -0.4375; returns 8, 4, 2.
  const EpisodeTargets targets = episode_targets({0, 0, 8}, {2, 4, 1}, 0.5, 0.5);
  EXPECT_EQ(targets.advantages, (std::vector<double>{-0.4375, -1.75, 7}));
  EXPECT_EQ(targets.returns, (std::vector<double>{2, 4, 8}));
}

TEST(AdvantageTest, NormalisationUsesThePopulationDeviation) {
  std::vector<double> values = {1, 3};
  ASSERT_TRUE(normalise(values));
  EXPECT_NEAR(values[0], -1.0, 1e-7);
  EXPECT_NEAR(values[1], 1.0, 1e-7);
  std::vector<double> flat = {-1, -1, -1};
  EXPECT_FALSE(normalise(flat));
  EXPECT_EQ(flat, (std::vector<double>{-1, -1, -1}));
}

TEST(AdvantageTest, ExplainedVariance) {
  EXPECT_DOUBLE_EQ(*explained_variance({1, 2, 3}, {1, 2, 3}), 1.0);
  EXPECT_DOUBLE_EQ(*explained_variance({1, 2, 3}, {5, 5, 5}), 0.0);
  EXPECT_FALSE(explained_variance({-1, -1}, {0, 1})) << "nothing to explain";
}

}  // namespace
}  // namespace kirchhoff::agent
