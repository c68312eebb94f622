#include "agent/methods/ppo_amortised/divergence_world.h"

#include <cmath>

#include <gtest/gtest.h>

#include "base/rng.h"

namespace kirchhoff::agent {
namespace {

constexpr int kSlots = 12;

Sensitivities law(double scale = 1.0) {
  Sensitivities losses(kSlots);
  for (const SlotId slot : losses.ids()) {
    double loss = scale / (index(slot) + 1);
    for (std::size_t a = 0; a + 1 < kActions; ++a, loss /= 4) losses[slot][a] = loss;
  }
  return losses;
}

Actions random_policy(Rng& rng) {
  Actions actions(kSlots);
  for (int& action : actions) action = static_cast<int>(rng.index(kActions));
  return actions;
}

TEST(DivergenceWorldTest, BeginsWithTheLaw) {
  const DivergenceWorld world(law());
  Rng rng(1);
  for (int trial = 0; trial < 20; ++trial) {
    const Actions actions = random_policy(rng);
    EXPECT_NEAR(world.mean(actions), predicted_loss(law(), actions), 1e-12);
    EXPECT_GT(world.deviation(actions), 0.2 * world.mean(actions));
  }
  EXPECT_EQ(world.sums().items(), law().items());
}

TEST(DivergenceWorldTest, KnowsWhatWasMeasuredAndDoubtsTheRestMore) {
  DivergenceWorld world(law());
  Rng rng(2);
  for (int measured = 0; measured < 40; ++measured) {
    const Actions actions = random_policy(rng);
    const double divergence = predicted_loss(law(), actions) * (0.7 + 0.6 * rng.uniform());
    const double before = world.deviation(actions);
    world.learn(actions, divergence);
    EXPECT_NEAR(world.mean(actions), divergence, 0.05 * predicted_loss(law(), actions));
    EXPECT_LT(world.deviation(actions), 0.5 * before);
    const Actions other = random_policy(rng);
    const auto relative = [&](const Actions& its) {
      return world.deviation(its) / predicted_loss(law(), its);
    };
    EXPECT_LT(relative(actions), relative(other));
  }
}

TEST(DivergenceWorldTest, PoliciesShareWhatTheLawGetsWrongTheMoreTheLessTheyDiffer) {
  DivergenceWorld world(law());
  const Actions measured(kSlots, 3);
  world.learn(measured, 1.3 * predicted_loss(law(), measured));
  double before = 1.3;
  Actions actions = measured;
  for (const SlotId slot : actions.ids()) {
    actions[slot] = 4;
    const double ratio = world.mean(actions) / predicted_loss(law(), actions);
    EXPECT_GT(ratio, 1.0);
    EXPECT_LT(ratio, before);
    before = ratio;
  }
}

TEST(DivergenceWorldTest, LearnsAnotherLawFromWholePolicies) {
  // Every second slot loses three times what the law says.
  Sensitivities truth = law();
  for (const SlotId slot : truth.ids()) {
    if (index(slot) % 2 == 0) continue;
    for (double& loss : truth[slot]) loss *= 3.0;
  }
  DivergenceWorld world(law());
  Rng rng(3);
  for (int measured = 0; measured < 300; ++measured) {
    const Actions actions = random_policy(rng);
    world.learn(actions, predicted_loss(truth, actions));
  }
  double error = 0.0, error_of_law = 0.0;
  for (int trial = 0; trial < 50; ++trial) {
    const Actions actions = random_policy(rng);
    const double divergence = predicted_loss(truth, actions);
    error += std::abs(world.mean(actions) - divergence) / divergence;
    error_of_law += std::abs(predicted_loss(law(), actions) - divergence) / divergence;
  }
  EXPECT_LT(error, 0.25 * error_of_law);
}

TEST(DivergenceWorldTest, SumsNeverFallWithFewerBits) {
  DivergenceWorld world(law());
  Rng rng(4);
  for (int measured = 0; measured < 60; ++measured) {
    world.learn(random_policy(rng), 2.0 * rng.uniform());
    for (const auto& slot : world.sums()) {
      for (std::size_t a = 1; a < kActions; ++a) EXPECT_LE(slot[a], slot[a - 1]);
      EXPECT_GE(slot.back(), 0.0);
    }
  }
}

TEST(DivergenceWorldTest, OfTooManyTheLeastDivergentAreKept) {
  DivergenceWorld world(law(0.1));
  Rng rng(5);
  Actions best(kSlots, 5);
  world.learn(best, 1e-4);
  for (std::size_t measured = 0; measured < 2 * DivergenceWorld::kMostPolicies; ++measured) {
    const Actions actions = random_policy(rng);
    world.learn(actions, predicted_loss(law(0.1), actions));
    ASSERT_TRUE(std::isfinite(world.mean(actions)));
  }
  EXPECT_NEAR(world.mean(best), 1e-4, 1e-5);
}

}  // namespace
}  // namespace kirchhoff::agent
