#include "agent/search/final_stage.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <gtest/gtest.h>

#include "base/rng.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

/// Costs and losses that belong to layers by name, wherever these stand in the network.
struct NamedLayers {
  explicit NamedLayers(std::uint64_t seed) {
    Rng rng(seed);
    for (const quant::Layer& layer : quant::lenet5().layers) {
      costs[layer.name] = {0.2 + rng.uniform(), 0.2 + rng.uniform()};
      losses[layer.name] = {rng.uniform() * rng.uniform(), rng.uniform() * rng.uniform()};
      total += costs[layer.name].first + costs[layer.name].second;
    }
  }
  std::map<std::string, std::pair<double, double>> costs, losses;  ///< of weights, activations
  double total = 0.0;
};

class NamedCost final : public CostModel {
 public:
  NamedCost(const NamedLayers& named, const quant::Network& network)
      : named_(named), network_(network) {}
  Cost cost(const quant::Policy& policy) override {
    // By name, so that sums round alike in every order of the layers.
    std::map<std::string, double> parts;
    for (const quant::LayerId l : policy.layers.ids()) {
      const auto& [weight, activation] = named_.costs.at(network_.layers[l].name);
      parts[network_.layers[l].name] =
          weight * policy.layers[l].weight / 8.0 + activation * policy.layers[l].activation / 8.0;
    }
    double sum = 0.0;
    for (const auto& [name, part] : parts) sum += part / named_.total;
    return {sum, sum, sum, sum};
  }

 private:
  const NamedLayers& named_;
  const quant::Network& network_;
};

class NamedAccuracy final : public AccuracyModel {
 public:
  NamedAccuracy(const NamedLayers& named, const quant::Network& network)
      : named_(named), network_(network) {}
  Score score(const quant::Policy& policy) override {
    std::map<std::string, double> parts;
    for (const quant::LayerId l : policy.layers.ids()) {
      const auto& [weight, activation] = named_.losses.at(network_.layers[l].name);
      parts[network_.layers[l].name] = weight * std::pow(3.0, -policy.layers[l].weight) +
                                       activation * std::pow(5.0, -policy.layers[l].activation);
    }
    double sum = 0.0;
    for (const auto& [name, part] : parts) sum += part;
    return {90.0 - 100.0 * sum, sum};
  }

 private:
  const NamedLayers& named_;
  const quant::Network& network_;
};

using ByName = std::map<std::string, std::pair<int, int>>;

TEST(FinalStage, TheSlackIsSpentAlikeInWhateverOrderLayersStand) {
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    const NamedLayers named(seed);
    for (int slack = 0; slack <= 30; ++slack) {
      for (const RankBy by : {RankBy::kAccuracy, RankBy::kDivergence}) {
        std::vector<int> order = {1, 2, 3};
        std::optional<ByName> first;
        do {
          quant::Network network = quant::lenet5();
          quant::LayerId place{1};
          for (const int l : order) {
            network.layers[place] = quant::lenet5().layers[quant::LayerId{l}];
            place = following(place);
          }
          NamedCost costs(named, network);
          NamedAccuracy accuracies(named, network);
          RewardOptions options;
          options.threshold = 0.8;
          Environment environment(network, costs, accuracies, options, by);
          const quant::Policy start = environment.space().policy(Actions(6, 1));
          ASSERT_LT(costs.cost(start).cost, options.threshold);
          const auto choice =
              final_stage(environment, {{1, start, costs.cost(start), accuracies.score(start)}},
                          {1, slack}, {});
          ByName bits;
          for (const quant::LayerId l : network.layers.ids()) {
            bits[network.layers[l].name] = {choice->policy.layers[l].weight,
                                            choice->policy.layers[l].activation};
          }
          if (!first) first = bits;
          EXPECT_EQ(bits, *first) << "seed " << seed << ", " << slack << " policies";
          EXPECT_EQ(choice->added_bits > 0, slack > 0);
        } while (std::next_permutation(order.begin(), order.end()));
      }
    }
  }
}

TEST(FinalStage, PoliciesThatAreLeftGoToTheSlotsThatSavedMost) {
  SeparableAccuracy accuracies;  // the last layer loses most, by its activations
  AdditiveCost costs;
  RewardOptions options;
  options.threshold = 0.9;
  Environment environment(quant::lenet5(), costs, accuracies, options);
  const quant::Policy start = environment.space().policy(Actions(6, 1));
  const std::vector<BestEpisode> top = {{1, start, costs.cost(start), accuracies.score(start)}};
  // A round takes six. The next best slot of the first round is the best of the second.
  const auto whole = final_stage(environment, top, {1, 12}, {});
  const auto short_of = final_stage(environment, top, {1, 7}, {});
  EXPECT_EQ(whole->added_bits, 2);
  EXPECT_EQ(short_of->policy, whole->policy);
  EXPECT_EQ(short_of->policy.layers[quant::LayerId{3}].activation, 4);
  EXPECT_EQ(short_of->policy.layers[quant::LayerId{2}].activation, 4);
}

TEST(FinalStage, LessAccurateForSureIsMoreThanTwoErrorsOfTheDifference) {
  const Score one{89.0, 0.1, 0.3}, other{90.0, 0.2, 0.4};
  EXPECT_FALSE(surely_less_accurate(one, other)) << "two errors are 1 point";
  EXPECT_TRUE(surely_less_accurate({88.9, 0.1, 0.3}, other));
  EXPECT_FALSE(surely_less_accurate({91.9, 0.1, 0.3}, other));
  EXPECT_FALSE(surely_less_accurate({80.0, 0.1}, other)) << "nobody knows";
}

/// Scores of single policies; the others lose all.
class ListedScores final : public AccuracyModel {
 public:
  Score score(const quant::Policy& policy) override {
    const auto found = scores.find(policy.to_string());
    return found == scores.end() ? Score{0.0, 9.0, 0.0} : found->second;
  }
  std::map<std::string, Score> scores;
};

TEST(FinalStage, TheWinnerByDivergenceIsConfirmedByAccuracy) {
  AdditiveCost costs;
  ListedScores scores;
  const PolicySpace space(quant::lenet5());
  std::vector<BestEpisode> top;
  const auto add = [&](int action, const Score& score) {
    const quant::Policy policy = space.policy(Actions(6, action));
    scores.scores[policy.to_string()] = score;
    top.push_back({action + 1, policy, costs.cost(policy), score});
  };
  add(1, {80.0, 0.01, 0.5});  // diverges least, and is surely less accurate than the last one
  add(2, {89.0, 0.02, 0.5});
  add(3, {90.0, 0.03, 0.5});
  RewardOptions options;
  options.threshold = 0.9;
  const auto chosen = [&](RankBy by) {
    Environment environment(quant::lenet5(), costs, scores, options, by);
    return final_stage(environment, top, {10, 0}, {})->score.divergence;
  };
  EXPECT_EQ(chosen(RankBy::kDivergence), 0.02);
  EXPECT_EQ(chosen(RankBy::kAccuracy), 0.03);
}

}  // namespace
}  // namespace kirchhoff::agent
