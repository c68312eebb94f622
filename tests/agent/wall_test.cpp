#include "agent/wall.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

class WallTest : public testing::Test {
 protected:
  Walled lower(const Actions& chosen, double threshold, WallOrder order) {
    asked.clear();
    CostLimit limit;
    limit.threshold = threshold;
    limit.cost = [this](const Actions& actions) {
      asked.push_back(actions);
      return costs.cost(space.policy(actions)).cost;
    };
    limit.cheapest = [this](const Actions&) { return cheapest; };
    return lower_to_threshold(space, chosen, order, limit);
  }

  const PolicySpace space{quant::lenet5()};
  AdditiveCost costs;
  Actions cheapest = Actions(6, 0);
  std::vector<Actions> asked;
};

TEST_F(WallTest, JointTakesWeightAndActivationFromTheLastLayerToTheFirst) {
  const Walled walled = lower({6, 6, 1, 0, 5, 0}, 0.0, WallOrder::kJoint);
  EXPECT_EQ(walled.actions, (Actions{0, 0, 0, 0, 0, 0}));
  ASSERT_GE(asked.size(), 6u);
  EXPECT_EQ(asked[1], (Actions{6, 6, 1, 0, 4, 0}));
  EXPECT_EQ(asked[2], (Actions{6, 6, 0, 0, 4, 0}));
  EXPECT_EQ(asked[3], (Actions{5, 5, 0, 0, 4, 0}));
  EXPECT_EQ(asked[4], (Actions{5, 5, 0, 0, 3, 0}));
  EXPECT_EQ(asked[5], (Actions{4, 4, 0, 0, 3, 0})) << "the middle layer has nothing to lose";
  EXPECT_EQ(walled.decrements, 1 + 5 + 6);
}

TEST_F(WallTest, HaqTakesTheActivationThenTheWeight) {
  lower({6, 6, 1, 0, 5, 2}, 0.0, WallOrder::kHaq);
  ASSERT_GE(asked.size(), 6u);
  EXPECT_EQ(asked[1], (Actions{6, 6, 1, 0, 5, 1}));
  EXPECT_EQ(asked[2], (Actions{6, 6, 1, 0, 4, 1}));
  EXPECT_EQ(asked[3], (Actions{6, 6, 0, 0, 4, 1}));
  EXPECT_EQ(asked[4], (Actions{6, 5, 0, 0, 4, 1}));
  EXPECT_EQ(asked[5], (Actions{5, 5, 0, 0, 4, 1}));
}

TEST_F(WallTest, AnyPolicyEndsWithinTheThresholdOrAtTheFloorBySmallestSteps) {
  Rng rng(4);
  for (int i = 0; i < 2000; ++i) {
    Actions chosen(space.slots().size());
    for (int& action : chosen) action = static_cast<int>(rng.index(kActions));
    const double threshold = 0.45 + 0.55 * rng.uniform();
    const WallOrder order = i % 2 == 0 ? WallOrder::kJoint : WallOrder::kHaq;
    const Walled walled = lower(chosen, threshold, order);
    const auto within = [&](const Actions& actions) {
      return costs.cost(space.policy(actions)).cost <= threshold;
    };
    ASSERT_TRUE(within(walled.actions) || walled.actions == Actions(chosen.size(), 0));
    ASSERT_EQ(asked.size(), static_cast<std::size_t>(walled.decrements) + 1);
    ASSERT_EQ(asked.front(), chosen);
    ASSERT_EQ(asked.back(), walled.actions);
    for (std::size_t step = 1; step < asked.size(); ++step) {
      ASSERT_FALSE(within(asked[step - 1])) << "it stops at the first policy within";
      int lost = 0;
      for (const SlotId s : chosen.ids()) {
        const int difference = asked[step - 1][s] - asked[step][s];
        ASSERT_TRUE(difference == 0 || difference == 1);
        lost += difference;
      }
      ASSERT_GE(lost, 1);
      ASSERT_LE(lost, order == WallOrder::kJoint ? 2 : 1);
    }
  }
}

TEST_F(WallTest, GoesToTheCheapestPolicyWhereverThatIs) {
  cheapest = {2, 3, 6, 0, 0, 1};
  const Walled walled = lower({4, 0, 5, 5, 0, 1}, 0.0, WallOrder::kJoint);
  EXPECT_EQ(walled.actions, cheapest);
  EXPECT_EQ(walled.decrements, 3 + 5);
  EXPECT_EQ(asked[1], (Actions{4, 0, 6, 4, 0, 1}));
  EXPECT_EQ(asked[2], (Actions{3, 1, 6, 4, 0, 1}));
}

TEST_F(WallTest, PolicyWithinTheThresholdIsLeftAlone) {
  const Actions chosen = {3, 3, 3, 3, 3, 3};
  const Walled walled = lower(chosen, 1.0, WallOrder::kJoint);
  EXPECT_EQ(walled.actions, chosen);
  EXPECT_EQ(walled.decrements, 0);
  EXPECT_EQ(asked.size(), 1u);
}

}  // namespace
}  // namespace kirchhoff::agent
