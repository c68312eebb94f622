#include "agent/planning/bit_budget.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "agent/planning/layer_costs.h"
#include "base/rng.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

constexpr std::size_t kLayers = 2;
constexpr std::size_t kPolicies = kWidthPairs * kWidthPairs;

/// Random losses, and random costs that need not rise with the bits.
class BitBudgetTest : public testing::Test {
 protected:
  explicit BitBudgetTest(std::uint64_t seed = 5) : rng_(seed) {
    losses_.resize(2 * kLayers);
    for (auto& slot : losses_) {
      for (double& loss : slot) loss = rng_.uniform();
    }
    for (auto& layer : costs_) {
      for (double& cost : layer) cost = rng_.uniform();
    }
    limit_.threshold = 1.0;
    limit_.cost = [this](const Actions& actions) {
      double sum = 0.1;
      for (std::size_t layer = 0; layer < kLayers; ++layer) {
        sum += costs_[layer][choices_[layer].pair(actions)];
      }
      return sum;
    };
  }
  Actions policy(std::size_t number) const {
    Actions actions(2 * kLayers);
    choices_[0].set_pair(actions, number / kWidthPairs);
    choices_[1].set_pair(actions, number % kWidthPairs);
    return actions;
  }

  const std::vector<WidthChoice> choices_ = {{SlotId{0}, SlotId{1}}, {SlotId{2}, SlotId{3}}};
  Rng rng_;
  Sensitivities losses_;
  std::array<std::array<double, kWidthPairs>, kLayers> costs_{};
  CostLimit limit_;
};

TEST_F(BitBudgetTest, VisitsEveryPolicyWithinTheLimitTheBestFirst) {
  const LayerCosts costs(choices_, limit_, Actions(2 * kLayers, 3));
  for (const double threshold : {0.15, 0.4, 1.0, 2.5}) {
    std::vector<double> expected;
    for (std::size_t p = 0; p < kPolicies; ++p) {
      if (limit_.cost(policy(p)) <= threshold) {
        expected.push_back(predicted_loss(losses_, policy(p)));
      }
    }
    std::sort(expected.begin(), expected.end());
    std::vector<double> visited;
    BitBudget(losses_, costs, threshold).each([&](const Actions& actions, double loss) {
      EXPECT_NEAR(loss, predicted_loss(losses_, actions), 1e-12);
      EXPECT_LE(limit_.cost(actions), threshold + 1e-9);
      visited.push_back(loss);
      return true;
    });
    ASSERT_EQ(visited.size(), expected.size()) << threshold;
    for (std::size_t i = 0; i < visited.size(); ++i) ASSERT_NEAR(visited[i], expected[i], 1e-12);
  }
}

TEST_F(BitBudgetTest, TheLeastLossFromAnyBeginningIsThatOfAllPoliciesThatBeginSo) {
  const LayerCosts costs(choices_, limit_, Actions(2 * kLayers, 3));
  const double threshold = 0.5;
  const BitBudget budget(losses_, costs, threshold);
  std::map<Actions, double> least;
  for (std::size_t p = 0; p < kPolicies; ++p) {
    Actions actions = policy(p);
    const double loss =
        limit_.cost(actions) <= threshold ? predicted_loss(losses_, actions) : HUGE_VAL;
    for (;;) {
      const auto place = least.emplace(actions, loss).first;
      place->second = std::min(place->second, loss);
      if (actions.empty()) break;
      actions.pop_back();
    }
  }
  for (const auto& [taken, loss] : least) {
    const double found = budget.least_loss(taken);
    // A bound from the first layers' rest on; the last layer's pairs are looked at one by one.
    if (std::isfinite(loss)) {
      EXPECT_LE(found, loss + 1e-12);
      EXPECT_NEAR(found, loss, taken.size() < 3 ? 0.01 : 1e-12);
    } else if (taken.size() >= 3) {
      EXPECT_FALSE(std::isfinite(found));
    }
  }
}

TEST_F(BitBudgetTest, TheSolutionLosesLeastAndTheRoomIsWhatItLeaves) {
  const LayerCosts costs(choices_, limit_, Actions(2 * kLayers, 3));
  double cheapest = HUGE_VAL;
  for (std::size_t p = 0; p < kPolicies; ++p) cheapest = std::min(cheapest, limit_.cost(policy(p)));
  for (const double threshold : {0.15, 0.4, 1.0, 2.5}) {
    SCOPED_TRACE(threshold);
    const BitBudget budget(losses_, costs, threshold);
    const Actions solution = budget.solution();
    EXPECT_LE(limit_.cost(solution), threshold + 1e-9);
    EXPECT_NEAR(predicted_loss(losses_, solution), budget.least_loss({}), 0.01);
    EXPECT_EQ(budget.room_left({}), 1.0);
    for (std::size_t p = 0; p < kPolicies; p += 97) {
      const double left = (threshold - limit_.cost(policy(p))) / (threshold - cheapest);
      EXPECT_NEAR(budget.room_left(policy(p)), left, 1e-6 * std::max(1.0, std::abs(left)));
    }
  }
}

// A deep network whose layers are so alike that a best-first search never gets to its end: what is
// in question stays bounded, and what comes is within the limit, each policy once, nearly the best.
TEST(DeepBudgetTest, SixtyAlikeLayersEndWithGoodPolicies) {
  constexpr int kDeep = 60;
  Rng rng(3);
  std::vector<WidthChoice> choices;
  Sensitivities losses(2 * kDeep);
  std::vector<std::array<double, kWidthPairs>> layer_costs(kDeep);
  for (int l = 0; l < kDeep; ++l) {
    choices.push_back({SlotId{2 * l}, SlotId{2 * l + 1}});
    for (const int slot : {2 * l, 2 * l + 1}) {
      for (std::size_t a = 0; a < losses[SlotId{slot}].size(); ++a)
        losses[SlotId{slot}][a] = 1.0 / static_cast<double>(1 + a) + 0.001 * rng.uniform();
    }
    for (std::size_t pair = 0; pair < kWidthPairs; ++pair)
      layer_costs[static_cast<std::size_t>(l)][pair] =
          1.0 + static_cast<double>(pair) / kWidthPairs + 0.001 * rng.uniform();
  }
  CostLimit limit;
  limit.threshold = 1.45 * kDeep;
  limit.cost = [&](const Actions& actions) {
    double sum = 0;
    for (std::size_t l = 0; l < choices.size(); ++l)
      sum += layer_costs[l][choices[l].pair(actions)];
    return sum;
  };
  const LayerCosts costs(choices, limit, Actions(2 * kDeep, 3));
  const BitBudget budget(losses, costs, limit.threshold);
  std::set<std::vector<int>> visited;
  double first = 0;
  budget.each([&](const Actions& actions, double loss) {
    if (visited.empty()) first = loss;
    EXPECT_LE(limit.cost(actions), limit.threshold + 1e-9);
    EXPECT_TRUE(visited.emplace(actions.begin(), actions.end()).second);
    return true;  // more than anybody can count, but for the beam
  });
  EXPECT_GE(visited.size(), 1000U);
  EXPECT_LT(first, budget.least_loss({}) * 1.05);
}

TEST_F(BitBudgetTest, ALimitBelowEveryPolicyIsNotFeasible) {
  const LayerCosts costs(choices_, limit_, Actions(2 * kLayers, 3));
  const BitBudget budget(losses_, costs, 0.05);
  EXPECT_FALSE(budget.feasible());
  EXPECT_FALSE(std::isfinite(budget.least_loss({})));
  budget.each([](const Actions&, double) {
    ADD_FAILURE();
    return true;
  });
}

/// Two layers that read one map, and one that comes between them: the space of a residual block.
class SharedMapTest : public testing::Test {
 protected:
  SharedMapTest() {
    Rng rng(11);
    losses_.resize(kSlots);
    for (auto& slot : losses_) {
      for (double& loss : slot) loss = rng.uniform();
    }
    for (auto& layer : costs_) {
      for (double& cost : layer) cost = rng.uniform();
    }
    limit_.threshold = 1.0;
    limit_.cost = [this](const Actions& actions) {
      double sum = 0.1;
      for (std::size_t l = 0; l < choices_.size(); ++l) {
        sum += costs_[l][choices_[l].pair(actions)];
      }
      return sum;
    };
    Actions actions;
    add_policies(actions);
  }
  void add_policies(Actions& actions) {
    if (actions.size() == kSlots) return policies_.push_back(actions);
    for (int action = 0; action < kActions; ++action) {
      actions.push_back(action);
      add_policies(actions);
      actions.pop_back();
    }
  }

  static constexpr int kSlots = 5;
  const std::vector<WidthChoice> choices_ = {
      {SlotId{0}, SlotId{1}, false}, {SlotId{4}, SlotId{1}, true}, {SlotId{2}, SlotId{3}, false}};
  Sensitivities losses_;
  std::array<std::array<double, kWidthPairs>, 3> costs_{};
  CostLimit limit_;
  std::vector<Actions> policies_;
};

TEST_F(SharedMapTest, CostsAreSums) {
  const LayerCosts costs(choices_, limit_, Actions(kSlots, 3));
  for (const Actions& actions : policies_) {
    ASSERT_NEAR(costs.predicted(actions), limit_.cost(actions), 1e-12);
  }
}

TEST_F(SharedMapTest, EveryPolicyWithinTheLimitIsVisitedTheBestFirst) {
  std::vector<double> expected;
  for (const Actions& actions : policies_) {
    if (limit_.cost(actions) <= 0.8) expected.push_back(predicted_loss(losses_, actions));
  }
  std::sort(expected.begin(), expected.end());
  const LayerCosts costs(choices_, limit_, Actions(kSlots, 3));
  std::vector<double> visited;
  BitBudget(losses_, costs, 0.8).each([&](const Actions& actions, double loss) {
    EXPECT_NEAR(loss, predicted_loss(losses_, actions), 1e-12);
    visited.push_back(loss);
    return true;
  });
  ASSERT_EQ(visited.size(), expected.size());
  for (std::size_t i = 0; i < visited.size(); ++i) ASSERT_NEAR(visited[i], expected[i], 1e-12);
}

TEST_F(SharedMapTest, TheLeastLossFromAnyBeginningIsThatOfAllPoliciesThatBeginSo) {
  const LayerCosts costs(choices_, limit_, Actions(kSlots, 3));
  const BitBudget budget(losses_, costs, 0.8);
  std::map<Actions, double> least;
  for (Actions actions : policies_) {
    const double loss = limit_.cost(actions) <= 0.8 ? predicted_loss(losses_, actions) : HUGE_VAL;
    for (;;) {
      const auto place = least.emplace(actions, loss).first;
      place->second = std::min(place->second, loss);
      if (actions.empty()) break;
      actions.pop_back();
    }
  }
  for (const auto& [taken, loss] : least) {
    const double found = budget.least_loss(taken);
    if (!std::isfinite(loss)) continue;  // it may be one bin too optimistic
    ASSERT_LE(found, loss + 1e-12);
    ASSERT_NEAR(found, loss, taken.size() < 3 ? 0.01 : 1e-12) << taken.size();
  }
}

TEST(LayerCostsTest, AreExactForSumsAndWhereOneLayerDiffers) {
  const PolicySpace space(quant::lenet5());
  AdditiveCost additive;
  CoupledCost coupled;
  const Actions base(space.slots().size(), 4);
  const CostLimit of_sums = limit_of(space, additive, 1.0),
                  of_others = limit_of(space, coupled, 1.0);
  const std::vector<WidthChoice> choices = width_choices(space);
  const LayerCosts sums(choices, of_sums, base), others(choices, of_others, base);
  Rng rng(3);
  for (int trial = 0; trial < 100; ++trial) {
    Actions actions(base.size());
    for (int& action : actions) action = static_cast<int>(rng.uniform() * kActions);
    EXPECT_NEAR(sums.predicted(actions), of_sums.cost(actions), 1e-12);
    Actions one = base;
    const WidthChoice& layer = choices[rng.index(choices.size())];
    layer.set_pair(one, layer.pair(actions));
    EXPECT_NEAR(others.predicted(one), of_others.cost(one), 1e-12);
  }
}

}  // namespace
}  // namespace kirchhoff::agent
