// Every search method on graphs, where slots are shared and layers have no weights.
#include <algorithm>
#include <functional>
#include <string>
#include <tuple>

#include <gtest/gtest.h>

#include "agent/methods/ddpg/options.h"
#include "agent/methods/ppo/options.h"
#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "quant/network/tensors.h"
#include "tests/agent/layer_sums.h"
#include "tests/support/small_graphs.h"

namespace kirchhoff::agent {
namespace {

/// All policies of a space that has few.
void each_policy(const PolicySpace& space, const std::function<void(const quant::Policy&)>& visit) {
  Actions actions(space.slots().size(), 0);
  for (;;) {
    visit(space.policy(actions));
    SlotId s{};
    while (actions.has(s) && ++actions[s] == kActions) {
      actions[s] = 0;
      s = following(s);
    }
    if (!actions.has(s)) return;
  }
}

struct Demand {
  const char* method;
  double gap;  ///< what its best episode may be below the optimum, in points
};

class GraphMethodsTest : public testing::TestWithParam<std::tuple<Demand, quant::Network (*)()>> {};

TEST_P(GraphMethodsTest, ComesNearTheOptimumWithPoliciesThatTheChipTakes) {
  const auto& [demand, make] = GetParam();
  const quant::Network network = make();
  LayerSums landscape(network);
  SearchOptions options;
  options.method = demand.method;
  options.reward.threshold = 0.7;
  options.methods.of<PpoOptions>() =
      PpoOptions::of_preset(search_method_type(options.method).preset);
  options.methods.of<PpoOptions>().hidden_size = options.methods.of<DdpgOptions>().hidden_size = 16;

  Environment environment(network, landscape, landscape, options.reward);
  const auto method = make_search_method(options, environment);
  double best = 0.0;
  for (int i = 0; i < options.episodes; ++i) {
    const auto proposal = method->propose();
    if (!proposal) break;
    const Outcome outcome = environment.evaluate(proposal->actions, proposal->probe);
    method->observe(*proposal, outcome);
    ASSERT_NO_THROW(quant::check_widths(network, outcome.policy, "policy"));
    if (outcome.feasible) best = std::max(best, outcome.score->accuracy_pct);
  }
  double optimum = 0.0;
  each_policy(environment.space(), [&](const quant::Policy& policy) {
    if (landscape.cost(policy).cost > options.reward.threshold) return;
    optimum = std::max(optimum, landscape.score(policy).accuracy_pct);
  });
  EXPECT_LE(best, optimum);
  EXPECT_GE(best, optimum - demand.gap);
}

INSTANTIATE_TEST_SUITE_P(
    , GraphMethodsTest,
    testing::Combine(testing::Values(Demand{"ilp", 1e-9}, Demand{"greedy", 0.1},
                                     Demand{"adaptive", 1e-9}, Demand{"ppo-masked", 1e-9},
                                     Demand{"ppo-amortised", 1e-9}, Demand{"random-band", 1.0},
                                     Demand{"nsga2", 1.0}, Demand{"random", 1.0},
                                     Demand{"random-wall", 1.0}, Demand{"ppo-tuned", 1.0},
                                     Demand{"ddpg", 1.0}, Demand{"ppo", 5.0},
                                     Demand{"uniform", 5.0}),
                     testing::Values(&residual_network, &depthwise_network, &joined_network)),
    [](const auto& demand) {
      std::string name = std::get<0>(demand.param).method;
      name.erase(std::remove(name.begin(), name.end(), '-'), name.end());
      return name + "_" + std::get<1>(demand.param)().name;
    });

}  // namespace
}  // namespace kirchhoff::agent
