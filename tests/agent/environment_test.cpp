#include "agent/environment.h"

#include <limits>
#include <sstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

TEST(RewardTest, EveryBranchOfTheEquation) {
  RewardOptions options;
  options.threshold = 0.7;
  EXPECT_DOUBLE_EQ(reward(0.7, 88.0, 90.0, options), -0.2);
  EXPECT_DOUBLE_EQ(reward(0.5, 90.5, 90.0, options), 0.05);
  EXPECT_DOUBLE_EQ(reward(0.71, 90.0, 90.0, options), -1.0) << "too expensive";
  EXPECT_DOUBLE_EQ(reward(0.5, 80.5, 90.0, options), -0.95);
  EXPECT_DOUBLE_EQ(reward(0.5, 80.0, 90.0, options), -1.0) << "the branches meet at 10 points";
  EXPECT_DOUBLE_EQ(reward(0.5, 20.0, 90.0, options), -1.0) << "more than 10 points lost";
  EXPECT_DOUBLE_EQ(reward(0.5, std::nullopt, 90.0, options), -1.0);
}

TEST(EnvironmentTest, ModelsAreAskedOncePerPolicyAndAccuracyOnlyWithinTheThreshold) {
  AdditiveCost costs;
  SeparableAccuracy accuracies;
  RewardOptions options;
  options.threshold = 0.8;
  Environment environment(quant::lenet5(), costs, accuracies, options);

  const Outcome cheap = environment.evaluate({3, 3, 3, 3, 3, 3});
  EXPECT_TRUE(cheap.feasible);
  ASSERT_TRUE(cheap.score);
  EXPECT_DOUBLE_EQ(cheap.reward,
                   0.1 * (cheap.score->accuracy_pct - environment.reference_accuracy_pct()));
  EXPECT_EQ(costs.calls, 1);
  EXPECT_EQ(accuracies.calls, 2) << "the policy and the W8A8 reference";

  const Outcome dear = environment.evaluate({6, 6, 6, 6, 6, 5});
  EXPECT_FALSE(dear.feasible);
  EXPECT_FALSE(dear.score);
  EXPECT_EQ(dear.reward, -1.0);
  EXPECT_EQ(costs.calls, 2);
  EXPECT_EQ(accuracies.calls, 2);

  environment.evaluate({3, 3, 3, 3, 3, 3});
  environment.evaluate({6, 6, 6, 6, 6, 5});
  EXPECT_EQ(environment.evaluations().simulator, 2);
  EXPECT_EQ(environment.evaluations().accuracy, 2);
  EXPECT_EQ(costs.calls, 2);
  EXPECT_EQ(accuracies.calls, 2);
}

TEST(EnvironmentTest, SavedMemoAnswersWithoutTheModels) {
  AdditiveCost costs;
  SeparableAccuracy accuracies;
  Environment environment(quant::lenet5(), costs, accuracies, {});
  const Outcome before = environment.evaluate({1, 2, 3, 4, 1, 2});
  std::stringstream bytes;
  environment.save(bytes);

  AdditiveCost unused_costs;
  SeparableAccuracy unused_accuracies;
  Environment restored(quant::lenet5(), unused_costs, unused_accuracies, {});
  restored.load(bytes);
  const Outcome after = restored.evaluate({1, 2, 3, 4, 1, 2});
  EXPECT_EQ(after.reward, before.reward);
  EXPECT_EQ(after.cost.energy, before.cost.energy);
  EXPECT_EQ(unused_costs.calls + unused_accuracies.calls, 0);
  EXPECT_EQ(restored.evaluations().accuracy, 2);
}

TEST(EnvironmentTest, ModelThatAnswersWithNoNumberIsARunError) {
  struct Broken final : AccuracyModel {
    Score score(const quant::Policy&) override {
      return {std::numeric_limits<double>::quiet_NaN(), 0.0};
    }
  } broken;
  AdditiveCost costs;
  Environment environment(quant::lenet5(), costs, broken, {});
  EXPECT_THROW(environment.evaluate({0, 0, 0, 0, 0, 0}), RunError);
}

}  // namespace
}  // namespace kirchhoff::agent
