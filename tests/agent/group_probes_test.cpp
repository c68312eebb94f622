#include "agent/methods/ppo_amortised/group_probes.h"

#include <set>

#include <gtest/gtest.h>

#include "quant/network/networks.h"

namespace kirchhoff::agent {
namespace {

/// Losses by slot, alone, at 3 bits.
double loss_of(const Actions& actions) {
  double sum = 0.0;
  for (const SlotId slot : actions.ids()) {
    if (actions[slot] != kActions - 1) sum += 0.01 * (1 + index(slot) % 5);
  }
  return sum;
}

int probe_all(GroupProbes& probes) {
  int measured = 0;
  while (const auto probe = probes.next()) {
    probes.learn(loss_of(*probe));
    ++measured;
  }
  return measured;
}

TEST(GroupProbesTest, EverySlotAloneWhereTheyAreFewEnough) {
  const PolicySpace space(quant::find_network("resnet20"));
  GroupProbes probes(space);
  std::set<Actions> different;
  while (const auto probe = probes.next()) {
    EXPECT_TRUE(different.insert(*probe).second);
    probes.learn(loss_of(*probe));
  }
  EXPECT_EQ(static_cast<int>(different.size()), space.slots().size());
  const Sensitivities law = probes.law();
  for (const SlotId slot : law.ids()) {
    EXPECT_NEAR(law[slot][1], 0.01 * (1 + index(slot) % 5), 1e-12);
    EXPECT_NEAR(law[slot][0], 4.0 * law[slot][1], 1e-12);
    EXPECT_NEAR(law[slot][3], law[slot][1] / 16.0, 1e-12);
    EXPECT_EQ(law[slot][kActions - 1], 0.0);
  }
  EXPECT_FALSE(probes.begin_second_round());
}

TEST(GroupProbesTest, GroupsShareTheirLossUntilTheSecondRound) {
  const PolicySpace space(quant::find_network("mobilenet-v2"));
  GroupProbes probes(space);
  EXPECT_FALSE(probes.begin_second_round()) << "before the first";
  const int first = probe_all(probes);
  EXPECT_LE(first, GroupProbes::kMostProbes);
  double sum = 0.0;
  for (const auto& slot : probes.law()) sum += slot[1];
  const Actions all(space.slots().size(), 0);
  EXPECT_NEAR(sum, loss_of(all), 1e-9) << "every slot is in one group";

  ASSERT_TRUE(probes.begin_second_round());
  const int second = probe_all(probes);
  EXPECT_EQ(first + second, space.slots().size());
  const Sensitivities law = probes.law();
  for (const SlotId slot : law.ids()) EXPECT_NEAR(law[slot][1], 0.01 * (1 + index(slot) % 5), 1e-9);
}

TEST(GroupProbesTest, WhatIsNotProbedYetIsTakenForTheUsual) {
  const PolicySpace space(quant::find_network("resnet20"));
  GroupProbes probes(space);
  for (const auto& slot : probes.law()) EXPECT_NEAR(slot[1], 0.1, 1e-12);
  const Actions first = *probes.next();
  probes.learn(0.4);
  const Sensitivities law = probes.law();
  for (const SlotId slot : law.ids()) {
    const bool weights = !space.slots()[slot].activation;
    EXPECT_NEAR(law[slot][1], weights ? 0.4 : 0.1, 1e-12) << "the first slot is one of weights";
  }
}

}  // namespace
}  // namespace kirchhoff::agent
