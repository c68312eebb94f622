#include "agent/planning/loss_belief.h"

#include <gtest/gtest.h>

#include "base/rng.h"

namespace kirchhoff::agent {
namespace {

constexpr int kSlots = 4;

Sensitivities law() {
  Sensitivities losses(kSlots);
  for (const SlotId slot : losses.ids()) {
    double loss = 1.0 / (index(slot) + 1);
    for (std::size_t a = 0; a + 1 < kActions; ++a, loss /= 4) losses[slot][a] = loss;
  }
  return losses;
}

Actions random_policy(Rng& rng) {
  Actions actions(kSlots);
  for (int& action : actions) action = static_cast<int>(rng.uniform() * kActions);
  return actions;
}

TEST(LossBeliefTest, BeginsWithTheLaw) {
  const LossBelief belief(law());
  Rng rng(1);
  for (int trial = 0; trial < 20; ++trial) {
    const Actions actions = random_policy(rng);
    EXPECT_NEAR(belief.loss(actions).mean, predicted_loss(law(), actions), 1e-12);
    EXPECT_GT(belief.loss(actions).deviation, 0.0);
  }
  EXPECT_EQ(belief.loss(Actions(kSlots, kActions - 1)).mean, 0.0) << "8 bits lose nothing";
}

TEST(LossBeliefTest, ComesToKnowWhatIsMeasured) {
  LossBelief belief(law());
  // Another network than the law: what is measured is a sum, too, but of other terms.
  Sensitivities truth = law();
  for (const SlotId slot : truth.ids()) {
    for (double& loss : truth[slot]) loss *= index(slot) % 2 == 0 ? 1.4 : 0.7;
  }
  Rng rng(2);
  const Actions all(kSlots, 0);
  const double doubt = belief.loss(all).deviation;
  for (int trial = 0; trial < 200; ++trial) {
    const Actions actions = random_policy(rng);
    belief.learn(actions, predicted_loss(truth, actions));
  }
  EXPECT_LT(belief.loss(all).deviation, 0.2 * doubt);
  for (int trial = 0; trial < 50; ++trial) {
    const Actions actions = random_policy(rng);
    const double its = predicted_loss(truth, actions);
    EXPECT_NEAR(belief.loss(actions).mean, its, 0.1 * its + 1e-3);
  }
}

TEST(LossBeliefTest, OneMeasurementMovesThoseThatShareItsSlots) {
  LossBelief belief(law());
  Actions measured(kSlots, kActions - 1), neighbour = measured, other = measured;
  measured[SlotId{0}] = 1;
  neighbour[SlotId{0}] = 2;
  other[SlotId{3}] = 1;
  const double at = belief.loss(measured).mean, near = belief.loss(neighbour).mean,
               far = belief.loss(other).mean;
  belief.learn(measured, 2 * at);
  EXPECT_GT(belief.loss(measured).mean, 1.5 * at);
  EXPECT_GT(belief.loss(neighbour).mean / near, 1.2);
  EXPECT_GT(belief.loss(measured).mean / at, belief.loss(neighbour).mean / near);
  EXPECT_LT(belief.loss(other).mean / far, 1.4) << "by the shared factor only";
}

TEST(LossBeliefTest, MeansNeverFallWithFewerBits) {
  LossBelief belief(law());
  Rng rng(3);
  for (int trial = 0; trial < 100; ++trial) {
    const Actions actions = random_policy(rng);
    belief.learn(actions, rng.uniform());
    for (const auto& slot : belief.means()) {
      EXPECT_EQ(slot.back(), 0.0);
      for (std::size_t a = 1; a < slot.size(); ++a) EXPECT_GE(slot[a - 1], slot[a]);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::agent
