#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "agent/diagnosis/accuracy_error.h"
#include "agent/diagnosis/rank_correlation.h"
#include "agent/diagnosis/task_kind.h"
#include "base/rng.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

TEST(RankCorrelation, IsThatOfTheRanksWhateverTheValues) {
  EXPECT_DOUBLE_EQ(*rank_correlation({1, 2, 3, 4}, {10, 100, 1000, 1e9}), 1.0);
  EXPECT_DOUBLE_EQ(*rank_correlation({1, 2, 3, 4}, {-1, -2, -3, -40}), -1.0);
  // Ranks 1 2 3 4 5 and 2 1 4 3 5: 1 - 6 * 4 / (5 * 24).
  EXPECT_DOUBLE_EQ(*rank_correlation({1, 2, 3, 4, 5}, {0.2, 0.1, 0.4, 0.3, 0.5}), 0.8);
}

TEST(RankCorrelation, EqualValuesShareTheMeanOfTheirRanks) {
  // Ranks 1 2.5 2.5 4 and 1 3 2 4: 4.5 / sqrt(4.5 * 5).
  EXPECT_DOUBLE_EQ(*rank_correlation({1, 2, 2, 3}, {1, 3, 2, 4}), 4.5 / std::sqrt(22.5));
  // Ranks 2 2 2 4 and 1.5 1.5 3.5 3.5: centred -.5 -.5 -.5 1.5 and -1 -1 1 1.
  EXPECT_DOUBLE_EQ(*rank_correlation({7, 7, 7, 9}, {1, 1, 2, 2}), 2.0 / std::sqrt(3.0 * 4.0));
}

TEST(RankCorrelation, OfAConstantListThereIsNone) {
  EXPECT_FALSE(rank_correlation({}, {}));
  EXPECT_FALSE(rank_correlation({1}, {2}));
  EXPECT_FALSE(rank_correlation({1, 1, 1}, {1, 2, 3}));
  EXPECT_FALSE(rank_correlation({1, 2, 3}, {0, 0, 0}));
}

TEST(AccuracyError, IsThatOfACount) {
  EXPECT_DOUBLE_EQ(accuracy_error_points(90.0, 100), 3.0);  // sqrt(0.9 * 0.1 / 100)
  EXPECT_DOUBLE_EQ(accuracy_error_points(100.0, 100), 0.0);
  EXPECT_DOUBLE_EQ(difference_error_points(90.0, 80.0, 100), 5.0);
}

/// A layer loses by the difference of its two widths: one slot alone tells the opposite of what
/// both together do.
class MatchedAccuracy final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    double loss = 0.0;
    for (const quant::LayerBits& bits : policy.layers) {
      loss += 0.1 * std::pow(bits.weight - bits.activation, 2) + 0.01 * (8 - bits.weight);
    }
    return {90.0 - loss, loss};
  }
};

#define EXPECT_BEGINS(text, beginning) EXPECT_EQ((text).rfind(beginning, 0), 0u) << (text)

class TaskKindTest : public testing::Test {
 protected:
  void try_policy(const Actions& actions) {
    const quant::Policy policy = space_.policy(actions);
    if (seen_.insert(actions).second) {
      tried_.push_back({actions, costs_->cost(policy).cost, accuracies_->score(policy)});
    }
  }
  void probe() {
    for (const SlotId s : space_.slots().ids()) {
      for (int action = 0; action + 1 < kActions; ++action) {
        Actions actions(space_.slots().size(), kActions - 1);
        actions[s] = action;
        try_policy(actions);
      }
    }
  }
  void draw(int count) {
    Rng rng(7);
    for (int i = 0; i < count; ++i) {
      Actions actions;
      while (actions.size() < space_.slots().size()) {
        actions.push_back(static_cast<int>(rng.index(kActions)));
      }
      try_policy(actions);
    }
  }
  TaskKind kind() const { return task_kind(space_, tried_, 0.75); }

  const PolicySpace space_{quant::lenet5()};
  AdditiveCost additive_;
  CoupledCost coupled_;
  SeparableAccuracy separable_;
  MatchedAccuracy matched_;
  CostModel* costs_ = &additive_;
  AccuracyModel* accuracies_ = &separable_;
  std::vector<TriedPolicy> tried_;
  std::set<Actions> seen_;
};

TEST_F(TaskKindTest, SumsOfLossesAndOfCostsMakeAKnapsack) {
  probe();
  draw(1000);
  const TaskKind task = kind();
  EXPECT_GT(task.policies, 100u);
  EXPECT_NEAR(*task.summed_probes, 1.0, 1e-3) << "but for how sums round";
  EXPECT_NEAR(*task.accuracy, 1.0, 1e-3);
  ASSERT_TRUE(task.costs);
  EXPECT_GT(task.costs->policies, 100u);
  EXPECT_LT(task.costs->largest, 1e-6);
  EXPECT_BEGINS(advice(task), "a knapsack: use ");
  EXPECT_NE(advice(task).find("ilp"), std::string::npos);
}

TEST_F(TaskKindTest, InteractionsOfSlotsMakeNone) {
  accuracies_ = &matched_;
  probe();
  draw(1000);
  EXPECT_LT(*kind().summed_probes, kLeastCorrelation);
  EXPECT_EQ(advice(kind()), "no knapsack: slots interact; compare methods that try whole policies");
}

TEST_F(TaskKindTest, CostsThatDoNotAddUpAreToldApart) {
  costs_ = &coupled_;
  probe();
  draw(1000);
  EXPECT_GT(kind().costs->rms, kMostCostResidual);
  EXPECT_BEGINS(advice(kind()), "losses add up, costs do not: use greedy");
}

TEST_F(TaskKindTest, WhatIsMissingIsSaid) {
  draw(1000);
  EXPECT_FALSE(kind().probed);
  EXPECT_FALSE(kind().summed_probes);
  EXPECT_BEGINS(advice(kind()), "unknown: takes probes of every slot, as ");
  tried_.clear();
  seen_.clear();
  probe();
  EXPECT_TRUE(kind().probed);
  EXPECT_EQ(advice(kind()), "unknown: takes 20 different policies measured near th");
}

TEST_F(TaskKindTest, AccuraciesThatAreNoiseAreSaidToBe) {
  probe();
  draw(1000);
  Rng rng(3);
  for (TriedPolicy& policy : tried_) policy.score->accuracy_pct = rng.uniform();
  EXPECT_LT(std::abs(*kind().accuracy), 0.3);
  EXPECT_BEGINS(advice(kind()), "a knapsack: use ");
  EXPECT_NE(
      advice(kind()).find("; accuracies near th are noise on these images: rank by divergence"),
      std::string::npos);
}

TEST_F(TaskKindTest, AFitThatHasAnEntryForEveryPolicyProvesNothing) {
  // As many entries as policies fit any cost. What is left out predicts them.
  draw(300);
  Rng rng(5);
  const double error = 0.02;
  for (TriedPolicy& policy : tried_) policy.cost += rng.uniform() < 0.5 ? error : -error;
  const auto all = [](const TriedPolicy&) { return true; };
  const auto residual = FittedCosts(space_, tried_).residual(all);
  ASSERT_TRUE(residual);
  EXPECT_GT(residual->rms, error);
  tried_.resize(40);
  EXPECT_FALSE(FittedCosts(space_, tried_).residual(all));
}

}  // namespace
}  // namespace kirchhoff::agent
