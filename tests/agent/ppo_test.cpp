#include "agent/methods/ppo/ppo.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "agent/methods/random/random_search.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

PpoOptions small_networks() {
  PpoOptions options;
  options.hidden_size = 32;
  return options;
}

/// One state, one sample of action 2 with this advantage.
PpoBatch single_sample(double advantage) {
  PpoBatch batch;
  batch.states = {State{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.0, 1.0}};
  batch.actions = {2};
  batch.weights = {allowed_up_to(kActions - 1)};
  batch.advantages = {advantage};
  batch.returns = {1.0};
  return batch;
}

double probability_ratio(const PpoOptions& options, double advantage,
                         PolicyUpdate* update = nullptr) {
  Rng rng(3);
  ActorCritic networks(kStateSize, options, rng);
  const PpoBatch batch = single_sample(advantage);
  const double before = networks.probabilities(batch.states[0])[2];
  const PolicyUpdate result = networks.update_policy(batch);
  if (update != nullptr) *update = result;
  return networks.probabilities(batch.states[0])[2] / before;
}

TEST(PpoTest, ClippedObjectiveMovesTheRatioToTheClipRangeAndNoFurther) {
  PpoOptions options = small_networks();
  options.target_kl = 1000.0;
  options.policy_iterations = 400;
  // The gradient ends at the edge of the range; Adam's momentum carries a little beyond it.
  EXPECT_GT(probability_ratio(options, 1.0), 1.2);
  EXPECT_LT(probability_ratio(options, 1.0), 1.4);
  EXPECT_LT(probability_ratio(options, -1.0), 0.8);
  EXPECT_GT(probability_ratio(options, -1.0), 0.6);
  EXPECT_NEAR(probability_ratio(options, 0.0), 1.0, 1e-6);
}

TEST(PpoTest, PolicyIterationsStopAtTheDivergence) {
  PpoOptions options = small_networks();
  PolicyUpdate update;
  EXPECT_LT(probability_ratio(options, -1.0, &update), 1.0);
  EXPECT_LT(update.iterations, 80);
  EXPECT_GT(update.kl, 1.5 * options.target_kl);
  options.target_kl = 1000.0;
  probability_ratio(options, -1.0, &update);
  EXPECT_EQ(update.iterations, 80);
}

TEST(PpoTest, CriticLearnsTheReturns) {
  PpoOptions options = small_networks();
  options.value_iterations = 300;
  Rng rng(3);
  ActorCritic networks(kStateSize, options, rng);
  PpoBatch batch = single_sample(0.0);
  batch.states.push_back(State{0.9, 0.2, 0.3, 0.4, 0.5, 0.6, 1.0, 0.0});
  batch.returns.push_back(-1.0);
  networks.update_values(batch);
  EXPECT_NEAR(networks.values(batch.states)[0], 1.0, 0.05);
  EXPECT_NEAR(networks.values(batch.states)[1], -1.0, 0.05);
}

TEST(PpoTest, BatchWithoutAnyFeasiblePolicyKeepsEveryNumberFinite) {
  const PolicySpace space(quant::lenet5());
  Ppo ppo(space, small_networks(), 1);
  Outcome hopeless;
  hopeless.reward = -1.0;
  std::string row;
  const std::vector<double> before = ppo.probabilities({});
  for (int episode = 0; episode < 60; ++episode) {
    const std::string logged = ppo.observe(*ppo.propose(), hopeless);
    if (!logged.empty()) row = logged;
  }
  EXPECT_EQ(row.rfind("6,-1,0,", 0), 0u) << row;
  EXPECT_EQ(row.find("nan"), std::string::npos) << row;
  EXPECT_EQ(row.substr(row.rfind(',')), ",0") << "no policy iteration: " << row;
  EXPECT_EQ(ppo.probabilities({}), before) << "equal rewards teach the actor nothing";
  double sum = 0.0;
  for (const double probability : ppo.probabilities({})) sum += probability;
  EXPECT_NEAR(sum, 1.0, 1e-5);
}

TEST(PpoTest, ActorsLearnFromBatchesWhoseRewardsDifferOnly) {
  const PolicySpace space(quant::lenet5());
  Ppo ppo(space, small_networks(), 1);
  const auto batch = [&](double last_reward) {
    Outcome outcome;
    std::string row;
    for (int episode = 0; episode < 10; ++episode) {
      outcome.reward = episode == 9 ? last_reward : -0.2;
      row = ppo.observe(*ppo.propose(), outcome);
    }
    return row;
  };
  const std::vector<double> before = ppo.probabilities({});
  batch(-0.2);
  EXPECT_EQ(ppo.probabilities({}), before);
  batch(-0.2 - 1e-3);
  EXPECT_NE(ppo.probabilities({}), before);
}

TEST(PpoTest, SavedAgentContinuesExactly) {
  const PolicySpace space(quant::lenet5());
  Ppo ppo(space, small_networks(), 5);
  Outcome outcome;
  for (int episode = 0; episode < 25; ++episode) {
    outcome.reward = -0.1 * (episode % 7);
    ppo.observe(*ppo.propose(), outcome);
  }
  std::stringstream bytes;
  ppo.save(bytes);
  Ppo other(space, small_networks(), 6);
  other.load(bytes);
  for (int episode = 0; episode < 25; ++episode) {
    const Proposal proposal = *ppo.propose();
    ASSERT_EQ(other.propose()->actions, proposal.actions);
    outcome.reward = -0.1 * (episode % 5);
    ASSERT_EQ(other.observe(proposal, outcome), ppo.observe(proposal, outcome));
  }

  PpoOptions wider = small_networks();
  wider.hidden_size = 33;
  Ppo different(space, wider, 5);
  std::stringstream narrower;
  ppo.save(narrower);
  EXPECT_THROW(different.load(narrower), InputError);
  std::stringstream garbage("not a checkpoint");
  EXPECT_THROW(other.load(garbage), InputError);
}

double mean_reward_of_last_100(SearchMethod& method, Environment& environment) {
  double sum = 0.0;
  for (int episode = 0; episode < 400; ++episode) {
    const Proposal proposal = *method.propose();
    const Outcome outcome = environment.evaluate(proposal.actions);
    method.observe(proposal, outcome);
    if (episode >= 300) sum += outcome.reward;
  }
  return sum / 100.0;
}

TEST(PpoTest, LearnsWhereRandomSearchDoesNot) {
  AdditiveCost costs;
  SeparableAccuracy accuracies;
  RewardOptions options;
  options.threshold = 0.75;
  Environment environment(quant::lenet5(), costs, accuracies, options);
  RandomSearch random(environment.space(), 1);
  Ppo ppo(environment.space(), small_networks(), 1);
  const double random_mean = mean_reward_of_last_100(random, environment);
  const double ppo_mean = mean_reward_of_last_100(ppo, environment);
  EXPECT_GT(ppo_mean, random_mean + 0.2);
}

PpoOptions with(int PpoOptions::*option) {
  PpoOptions options = small_networks();
  options.*option = 1;
  return options;
}

class BudgetedPpoTest : public testing::Test {
 protected:
  static constexpr double kThreshold = 0.65;
  Ppo agent(const PpoOptions& options, std::uint64_t seed) {
    return Ppo(space, options, seed, limit_of(space, costs, kThreshold));
  }
  Cost cost(const Actions& actions) { return costs.cost(space.policy(actions)); }
  const PolicySpace space{quant::lenet5()};
  AdditiveCost costs;
};

TEST_F(BudgetedPpoTest, ProjectedPoliciesMeetTheThreshold) {
  Ppo ppo = agent(with(&PpoOptions::project), 1);
  Outcome outcome;
  int lowered = 0;
  for (int episode = 0; episode < 50; ++episode) {
    const Proposal proposal = *ppo.propose();
    EXPECT_LE(cost(proposal.actions).cost, kThreshold);
    EXPECT_EQ(proposal.chosen.empty(), proposal.decrements == 0);
    if (!proposal.chosen.empty()) {
      EXPECT_GT(cost(proposal.chosen).cost, kThreshold);
      ++lowered;
    }
    ppo.observe(proposal, outcome);
  }
  EXPECT_GT(lowered, 10);
}

TEST_F(BudgetedPpoTest, MaskedEpisodesMeetTheThresholdWithoutLosingBits) {
  Ppo ppo = agent(with(&PpoOptions::mask), 1);
  Outcome outcome;
  for (int episode = 0; episode < 50; ++episode) {
    const Proposal proposal = *ppo.propose();
    EXPECT_TRUE(proposal.chosen.empty());
    EXPECT_LE(cost(proposal.actions).cost, kThreshold);
    outcome.reward = -0.01 * episode;
    EXPECT_EQ(ppo.observe(proposal, outcome).find("nan"), std::string::npos);
  }
  // What a step may not take has no probability, and the rest sums to one.
  const Actions expensive = {6, 6, 6};
  const std::vector<double> probabilities = ppo.probabilities(expensive);
  double sum = 0.0;
  for (int action = 0; action < kActions; ++action) {
    Actions next = expensive;
    next.push_back(action);
    next.resize(space.slots().size(), 0);
    const bool allowed = action == 0 || cost(next).cost <= kThreshold;
    EXPECT_EQ(probabilities[static_cast<std::size_t>(action)] > 0.0, allowed) << action;
    sum += probabilities[static_cast<std::size_t>(action)];
  }
  EXPECT_NEAR(sum, 1.0, 1e-5);
}

TEST_F(BudgetedPpoTest, SavedAgentsContinueExactlyWithEveryOption) {
  for (const PpoOptions& options :
       {PpoOptions::of_preset(kTunedPpo), with(&PpoOptions::mask), with(&PpoOptions::budget_state),
        with(&PpoOptions::orthogonal), PpoOptions::of_preset(kMaskedPpo)}) {
    Ppo ppo = agent(options, 5);
    Outcome outcome;
    outcome.score = Score{80.0, 0.1};
    for (int episode = 0; episode < 15; ++episode) {
      outcome.reward = -0.1 * (episode % 7);
      ppo.observe(*ppo.propose(), outcome);
    }
    std::stringstream bytes;
    ppo.save(bytes);
    Ppo other = agent(options, 6);
    other.load(bytes);
    for (int episode = 0; episode < 12; ++episode) {
      const Proposal proposal = *ppo.propose();
      ASSERT_EQ(other.propose()->actions, proposal.actions);
      outcome.reward = -0.1 * (episode % 5);
      ASSERT_EQ(other.observe(proposal, outcome), ppo.observe(proposal, outcome));
    }
  }
}

TEST_F(BudgetedPpoTest, AnAgentWithAPriorProbesFirstAndThenSpendsWhatTheThresholdAllows) {
  Ppo ppo = agent(PpoOptions::of_preset(kMaskedPpo), 3);
  SeparableAccuracy accuracies;
  const std::size_t slots = space.slots().size();
  Outcome outcome;
  for (std::size_t probe = 0; probe < 2 * slots; ++probe) {
    const Proposal proposal = *ppo.propose();
    EXPECT_TRUE(proposal.probe);
    EXPECT_EQ(std::count(proposal.actions.begin(), proposal.actions.end(), kActions - 1),
              static_cast<std::ptrdiff_t>(slots) - 1);
    outcome.score = accuracies.score(space.policy(proposal.actions));
    EXPECT_EQ(ppo.observe(proposal, outcome), "");
  }
  double least = 1.0;
  for (int episode = 0; episode < 9; ++episode) {
    const Proposal proposal = *ppo.propose();
    EXPECT_FALSE(proposal.probe);
    const double its = cost(proposal.actions).cost;
    EXPECT_LE(its, kThreshold);
    least = std::min(least, its);
    ppo.observe(proposal, outcome);
  }
  EXPECT_GT(least, kThreshold - 0.03);
}

TEST_F(BudgetedPpoTest, SmallOrthogonalHeadStartsUniform) {
  Ppo ppo = agent(with(&PpoOptions::orthogonal), 3);
  for (const double probability : ppo.probabilities({1, 2}))
    EXPECT_NEAR(probability, 1.0 / kActions, 0.01);
}

TEST(PpoOptionsTest, WhatIsGivenStaysAndTheRestIsThePresets) {
  const auto given = [](const std::string& key) {
    return key == "ppo.discount" || key == "ppo.value_iterations";
  };
  PpoOptions options;
  options.discount = 0.5;
  options.value_iterations = 7;
  options.hidden_size = 3;  // not given: back to the preset's
  options.settle(kTunedPpo, given);
  PpoOptions expected = PpoOptions::of_preset(kTunedPpo);
  expected.discount = 0.5;
  expected.value_iterations = 7;
  EXPECT_EQ(options.values(), expected.values());
  // A preset that the options ask for comes before the method's; the paper's changes nothing.
  options.preset = kMaskedPpo;
  options.settle(kTunedPpo, given);
  EXPECT_EQ(options.mask, 1);
  EXPECT_EQ(options.project, 0);
  EXPECT_EQ(options.discount, 0.5);
  PpoOptions untouched;
  untouched.hidden_size = 3;
  untouched.settle("", given);
  EXPECT_EQ(untouched.hidden_size, 3);
}

}  // namespace
}  // namespace kirchhoff::agent
