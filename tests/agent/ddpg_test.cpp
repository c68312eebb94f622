#include "agent/methods/ddpg/ddpg.h"

#include <cmath>
#include <sstream>

#include <gtest/gtest.h>

#include "agent/search_methods.h"
#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

DdpgOptions small_networks() {
  DdpgOptions options;
  options.hidden_size = 32;
  return options;
}

class DdpgTest : public testing::Test {
 protected:
  static RewardOptions reward() {
    RewardOptions options;
    options.threshold = 0.75;
    return options;
  }
  Ddpg agent(const DdpgOptions& options, std::uint64_t seed) {
    return Ddpg(environment.space(), options, seed,
                limit_of(environment.space(), costs, reward().threshold));
  }
  double episode(Ddpg& ddpg) {
    const Proposal proposal = *ddpg.propose();
    const Outcome outcome = environment.evaluate(proposal.actions);
    EXPECT_TRUE(outcome.feasible) << outcome.policy.to_string();
    ddpg.observe(proposal, outcome);
    return outcome.reward;
  }

  AdditiveCost costs;
  SeparableAccuracy accuracies;
  Environment environment{quant::lenet5(), costs, accuracies, reward()};
};

TEST_F(DdpgTest, CriticLearnsTheRewardOfEveryStep) {
  DdpgOptions options = small_networks();
  options.critic_learning_rate = 1e-3;
  Rng rng(1);
  DdpgNetworks networks(options, rng);
  Transition good, bad;
  good.state = bad.state = State{0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.0, 1.0};
  good.action = 0.8;
  good.reward = 0.5;
  bad.action = 0.1;
  bad.reward = -0.5;
  good.last = bad.last = true;
  for (int i = 0; i < 500; ++i) networks.update({&good, &bad}, 0.1);
  EXPECT_NEAR(networks.value(good.state, 0.8), 0.4, 0.05) << "less the baseline";
  EXPECT_NEAR(networks.value(good.state, 0.1), -0.6, 0.05);
  EXPECT_GT(networks.action(good.state), 0.6) << "the actor goes where the critic sees more";
}

TEST_F(DdpgTest, TargetsLookOneStepAhead) {
  DdpgOptions options = small_networks();
  options.target_rate = 0.5;
  Rng rng(1);
  DdpgNetworks networks(options, rng);
  Transition first, last;
  first.state = State{0, 0, 0, 0, 0, 0, 0, 1};
  last.state = first.next = State{1, 1, 1, 1, 1, 1, 1, 1};
  first.action = last.action = 0.5;
  first.reward = 0.0;
  last.reward = 1.0;
  last.last = true;
  for (int i = 0; i < 1500; ++i) networks.update({&first, &last}, 0.0);
  EXPECT_NEAR(networks.value(last.state, 0.5), 1.0, 0.1);
  // Q(first) = 0 + Q'(last, mu'(last)), which is near 1 because the value is flat where nothing
  // else was seen.
  EXPECT_GT(networks.value(first.state, 0.5), 0.7);
}

TEST_F(DdpgTest, WarmUpIsUniformAndDoesNotLearn) {
  Ddpg ddpg = agent(small_networks(), 7);
  const Actions before = ddpg.greedy();
  std::vector<int> counts(kActions, 0);
  for (int e = 0; e < 20; ++e) {
    const Proposal proposal = *ddpg.propose();
    for (const int action : proposal.chosen.empty() ? proposal.actions : proposal.chosen)
      ++counts[static_cast<std::size_t>(action)];
    EXPECT_EQ(ddpg.observe(proposal, environment.evaluate(proposal.actions)), "");
  }
  EXPECT_EQ(ddpg.greedy(), before);
  for (const int count : counts) EXPECT_GT(count, 4);
  const Proposal proposal = *ddpg.propose();
  EXPECT_NE(ddpg.observe(proposal, environment.evaluate(proposal.actions)), "");
}

TEST_F(DdpgTest, EveryPolicyMeetsTheThresholdAndTheAgentImproves) {
  Ddpg ddpg = agent(small_networks(), 3);
  double first = 0.0, last = 0.0;
  for (int e = 0; e < 300; ++e) {
    const double reward = episode(ddpg);
    if (e < 20) first += reward / 20.0;
    if (e >= 280) last += reward / 20.0;
  }
  EXPECT_GT(last, first + 0.1);
}

TEST_F(DdpgTest, SavedAgentContinuesExactly) {
  for (const int own : {0, 1}) {
    DdpgOptions options = small_networks();
    options.replay_chosen = own;
    options.warmup_episodes = 5;
    Ddpg ddpg = agent(options, 5);
    for (int e = 0; e < 15; ++e) episode(ddpg);
    std::stringstream bytes;
    ddpg.save(bytes);
    Ddpg other = agent(options, 6);
    other.load(bytes);
    for (int e = 0; e < 15; ++e) {
      const Proposal proposal = *ddpg.propose();
      ASSERT_EQ(other.propose()->actions, proposal.actions);
      const Outcome outcome = environment.evaluate(proposal.actions);
      ASSERT_EQ(other.observe(proposal, outcome), ddpg.observe(proposal, outcome));
    }
    std::stringstream garbage("not a checkpoint");
    EXPECT_THROW(other.load(garbage), InputError);
  }
}

TEST_F(DdpgTest, HaqsStateIsLearntFromAndSaved) {
  DdpgOptions options = small_networks();
  options.state = "haq";
  options.warmup_episodes = 5;
  Ddpg ddpg = agent(options, 5);
  for (int e = 0; e < 10; ++e) episode(ddpg);
  std::stringstream bytes;
  ddpg.save(bytes);
  Ddpg other = agent(options, 6);
  other.load(bytes);
  EXPECT_EQ(other.greedy(), ddpg.greedy());
  EXPECT_EQ(other.propose()->actions, ddpg.propose()->actions);
  Ddpg paper = agent(small_networks(), 5);
  std::stringstream again(bytes.str());
  EXPECT_THROW(paper.load(again), InputError);
}

TEST_F(DdpgTest, TheUsualStateIsNotWrittenDown) {
  DdpgOptions options;
  EXPECT_EQ(options.values().count("ddpg.state"), 0u);
  EXPECT_TRUE(is_unsaid("ddpg.state", "paper"));
  options.state = "haq";
  EXPECT_EQ(options.values().at("ddpg.state"), "haq");
  EXPECT_FALSE(is_unsaid("ddpg.state", "haq"));
}

TEST_F(DdpgTest, OptionsOutOfRangeAreRefusedByName) {
  DdpgOptions options;
  options.wall = "none";
  try {
    options.validate();
    FAIL();
  } catch (const InputError& error) {
    EXPECT_STREQ(error.what(), "ddpg.wall = none: must be one of joint, haq");
  }
  options = {};
  options.noise_decay = 2.0;
  EXPECT_THROW(options.validate(), InputError);
}

}  // namespace
}  // namespace kirchhoff::agent
