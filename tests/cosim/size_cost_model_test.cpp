#include "cosim/size_cost_model.h"

#include <gtest/gtest.h>

#include "agent/environment.h"
#include "quant/network/networks.h"

namespace kirchhoff::cosim {
namespace {

/// Counts how often it is asked.
class CountedCost final : public agent::CostModel {
 public:
  explicit CountedCost(int& asked) : asked_(asked) {}
  agent::Cost cost(const quant::Policy&) override {
    ++asked_;
    return {0.5, 0.6, 0.7, 0.8};
  }

 private:
  int& asked_;
};

class NoAccuracy final : public agent::AccuracyModel {
 public:
  agent::Score score(const quant::Policy&) override { return {90.0, 0.0}; }
};

TEST(SizeCostModelTest, BitsOfAllWeightsCount) {
  const quant::Network lenet = quant::lenet5();
  // C1 150, C3 2400, C5 48000, F6 10080, OUT 840 weights.
  const quant::Policy policy = quant::policy_from_text("8/8,2/2,4/8,3/5,8/8", lenet);
  const double bits = 8 * 150 + 2 * 2400 + 4 * 48000 + 3 * 10080 + 8 * 840;
  EXPECT_DOUBLE_EQ(size_ratio(lenet, policy), bits / (8 * 61470.0));
  EXPECT_EQ(size_ratio(lenet, quant::policy_from_text("W8A2", lenet)), 1.0);
}

TEST(SizeCostModelTest, OnlyPoliciesThatAreEvaluatedAreSimulated) {
  int asked = 0;
  const quant::Network lenet = quant::lenet5();
  const auto costs = make_size_cost_model(std::make_unique<CountedCost>(asked), lenet);
  NoAccuracy accuracies;
  agent::Environment environment(agent::PolicySpace(lenet, agent::Widths::kWeights), *costs,
                                 accuracies, accuracies, {});
  EXPECT_EQ(environment.space().policy(environment.floor()).to_string(), "8/8,2/8,2/8,2/8,8/8");
  EXPECT_TRUE(environment.monotone());
  EXPECT_EQ(environment.space().policy(environment.cheapest({5})).to_string(),
            "8/8,7/8,2/8,2/8,8/8");
  EXPECT_EQ(asked, 0);
  const agent::Outcome outcome = environment.evaluate({0, 0, 0});
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(outcome.cost.latency, 0.5);
  EXPECT_EQ(outcome.cost.cost, size_ratio(lenet, outcome.policy));
}

}  // namespace
}  // namespace kirchhoff::cosim
