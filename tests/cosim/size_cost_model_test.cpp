#include "cosim/size_cost_model.h"

#include <gtest/gtest.h>

#include "agent/environment.h"
#include "quant/network/networks.h"
#include "tests/quant/chains.h"

namespace kirchhoff::cosim {
namespace {

/// Counts how often it is asked.
class CountedCost final : public agent::CostModel {
 public:
  explicit CountedCost(int& asked, quant::Policy* last = nullptr) : asked_(asked), last_(last) {}
  agent::Cost cost(const quant::Policy& policy) override {
    ++asked_;
    if (last_ != nullptr) *last_ = policy;
    return {0.5, 0.6, 0.7, 0.8};
  }

 private:
  int& asked_;
  quant::Policy* const last_;
};

constexpr auto kLinear = quant::WeightQuantizer::kLinear, kKmeans = quant::WeightQuantizer::kKmeans;

class NoAccuracy final : public agent::AccuracyModel {
 public:
  agent::Score score(const quant::Policy&) override { return {90.0, 0.0}; }
};

TEST(SizeCostModelTest, BitsOfAllWeightsCount) {
  const quant::Network lenet = quant::lenet5();
  // C1 150, C3 2400, C5 48000, F6 10080, OUT 840 weights.
  const quant::Policy policy = quant::policy_from_text("8/8,2/2,4/8,3/5,8/8", lenet);
  const double bits = 8 * 150 + 2 * 2400 + 4 * 48000 + 3 * 10080 + 8 * 840;
  EXPECT_DOUBLE_EQ(size_ratio(lenet, policy, kLinear), bits / (8 * 61470.0));
  EXPECT_EQ(size_ratio(lenet, quant::policy_from_text("W8A2", lenet), kLinear), 1.0);
  // Codebooks of 4, 16 and 8 entries of 8 bits.
  EXPECT_DOUBLE_EQ(size_ratio(lenet, policy, kKmeans), (bits + 8 * (4 + 16 + 8)) / (8 * 61470.0));
  EXPECT_EQ(size_ratio(lenet, quant::policy_from_text("W8A8", lenet), kKmeans), 1.0);
}

TEST(SizeCostModelTest, OnlyPoliciesThatAreEvaluatedAreSimulated) {
  int asked = 0;
  const quant::Network lenet = quant::lenet5();
  const auto costs = make_size_cost_model(std::make_unique<CountedCost>(asked), lenet, kLinear);
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
  EXPECT_EQ(outcome.cost.cost, size_ratio(lenet, outcome.policy, kLinear));
}

TEST(SizeCostModelTest, ChipsHoldTheEntriesOfCodebooks) {
  int asked = 0;
  quant::Policy last;
  const quant::Network lenet = quant::lenet5();
  const auto costs =
      make_size_cost_model(std::make_unique<CountedCost>(asked, &last), lenet, kKmeans);
  for (const char* text : {"8/8,2/8,3/8,4/8,8/8", "8/8,4/8,2/8,7/8,8/8"}) {
    const quant::Policy policy = quant::policy_from_text(text, lenet);
    EXPECT_EQ(costs->cost(policy).cost, size_ratio(lenet, policy, kKmeans));
  }
  EXPECT_EQ(asked, 1);
  EXPECT_EQ(last, quant::Policy::uniform(lenet, 8, 8));
  costs->cost(quant::policy_from_text("8/8,2/8,3/4,4/4,8/8", lenet));
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(last.to_string(), "8/8,8/8,8/4,8/4,8/8");
}

// 7 bits of 4 weights and a codebook of 128 entries are more than 8 bits of them.
TEST(SizeCostModelTest, SmallLayersAreNotCheaperWithFewerBits) {
  const quant::Network network =
      quant::chain({1, 8, 8}, {{2, 1, 1, 0, 1}, {2, 1, 1, 0, 1}}, 2);  // the free one: 4 weights
  int asked = 0;
  for (const auto quantizer : {kLinear, kKmeans}) {
    const auto costs =
        make_size_cost_model(std::make_unique<CountedCost>(asked), network, quantizer);
    EXPECT_EQ(costs->monotone(), quantizer == kLinear);
    const auto cheapest =
        costs->cheapest(quant::Policy::uniform(network, 8, 8), {{quant::LayerId{1}, false}});
    EXPECT_EQ(cheapest->layers[quant::LayerId{1}].weight, quantizer == kLinear ? 2 : 8);
  }
}

}  // namespace
}  // namespace kirchhoff::cosim
