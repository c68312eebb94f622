#include "cosim/table_cost_model.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "agent/environment.h"
#include "base/rng.h"
#include "tests/support/small_graphs.h"

namespace kirchhoff::cosim {
namespace {

/// A table for `network` whose entries are noise: more bits may cost less.
sim::CostTable random_table(const quant::Network& network, std::uint64_t seed) {
  Rng rng(seed);
  sim::CostTable table;
  for (const quant::LayerId l : network.layers.ids()) {
    const bool weights = network.layers[l].has_weights();
    for (int w = weights ? quant::kMinBits : 0; w <= (weights ? quant::kMaxSearchBits : 0); ++w) {
      for (int a = quant::kMinBits; a <= quant::kMaxSearchBits; ++a) {
        const double cost = 1.0 + rng.uniform();
        table.set(l, {w, a}, {cost, cost, cost, 0, 0, 0});
      }
    }
  }
  return table;
}

/// Neither asked nor right.
class NoAccuracy final : public agent::AccuracyModel {
 public:
  agent::Score score(const quant::Policy&) override { return {90.0, 0.0}; }
};

TEST(TableCostModelTest, TheCheapestPolicyOfAGraphHasOneWidthPerMap) {
  const quant::Network network = depthwise_network();
  const sim::CostTable table = random_table(network, 3);
  EXPECT_EQ(table.mismatch(network, quant::kMinBits, quant::kMaxSearchBits), "");
  const auto costs = make_table_cost_model(table, network, {});
  EXPECT_FALSE(costs->monotone());
  NoAccuracy accuracies;
  agent::Environment environment(network, *costs, accuracies, {});
  const agent::PolicySpace& space = environment.space();

  double least = 1e9;
  agent::Actions best;
  agent::Actions actions(space.slots().size(), 0);
  for (agent::SlotId s{}; actions.has(s);) {
    const double cost = costs->cost(space.policy(actions)).cost;
    if (cost < least) {
      least = cost;
      best = actions;
    }
    for (s = agent::SlotId{}; actions.has(s) && ++actions[s] == agent::kActions; s = following(s)) {
      actions[s] = 0;
    }
  }
  EXPECT_EQ(environment.floor(), best);
  EXPECT_NEAR(environment.cost(space.policy(environment.floor())).cost, least, 1e-12);
}

TEST(TableCostModelTest, ATableOfAGraphNeedsItsLayersWithoutWeights) {
  const quant::Network network = residual_network();
  sim::CostTable table;
  for (const quant::LayerId l : network.layers.ids()) {
    for (int w = quant::kMinBits; w <= quant::kMaxSearchBits; ++w) {
      for (int a = quant::kMinBits; a <= quant::kMaxSearchBits; ++a) table.set(l, {w, a}, {});
    }
  }
  EXPECT_EQ(
      table.mismatch(network, quant::kMinBits, quant::kMaxSearchBits),
      "layer 5 (pool): w_bits,a_bits = 0,8 is missing; a layer without weights has 0 of them");
}

}  // namespace
}  // namespace kirchhoff::cosim
