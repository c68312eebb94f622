#include "agent/planning/planned_search.h"

#include <functional>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"
#include "tests/agent/landscape.h"

namespace kirchhoff::agent {
namespace {

class Plan final : public PlannedSearch {
 public:
  using PlannedSearch::Trial;
  using Body = std::function<void(Trial&)>;
  Plan(Environment& environment, Body body) : PlannedSearch(environment), body_(std::move(body)) {}

 private:
  void plan(Trial& trial) override { body_(trial); }
  const Body body_;
};

Proposal level(int action) { return {Actions(6, action), true, {}, 0}; }

class PlannedSearchTest : public testing::Test {
 protected:
  bool episode(PlannedSearch& search) {
    const auto proposal = search.propose();
    if (!proposal) return false;
    search.observe(*proposal, environment.evaluate(proposal->actions, proposal->probe));
    return true;
  }

  AdditiveCost costs;
  SeparableAccuracy accuracies;
  Environment environment{quant::lenet5(), costs, accuracies, {}};
};

TEST_F(PlannedSearchTest, AnswersReachThePlanAndItsEndEndsTheSearch) {
  double cost = 0.0, accuracy = 0.0, reference = 0.0;
  Plan plan(environment, [&](auto& trial) {
    cost = trial.cost(Actions(6, 0));
    reference = trial.reference_accuracy_pct();
    accuracy = trial.measure(level(3)).score->accuracy_pct;
  });
  const auto proposal = plan.propose();
  ASSERT_TRUE(proposal);
  EXPECT_EQ(proposal->actions, Actions(6, 3));
  EXPECT_TRUE(proposal->probe);
  EXPECT_EQ(accuracy, 0.0) << "not before it was observed";
  const Outcome outcome = environment.evaluate(proposal->actions, true);
  plan.observe(*proposal, outcome);
  EXPECT_EQ(accuracy, outcome.score->accuracy_pct);
  EXPECT_EQ(cost, environment.cost(environment.space().policy(Actions(6, 0))).cost);
  EXPECT_EQ(reference, environment.reference_accuracy_pct());
  EXPECT_FALSE(plan.propose());
  EXPECT_FALSE(plan.propose());
}

TEST_F(PlannedSearchTest, PlanIsUnwoundWhenTheBudgetEnds) {
  struct Witness {
    explicit Witness(int& count) : alive(count) { ++alive; }
    ~Witness() { --alive; }
    int& alive;
  };
  int alive = 0;
  {
    Plan plan(environment, [&](auto& trial) {
      for (;;) {
        const Witness witness(alive);
        const auto on_the_heap = std::make_unique<Witness>(alive);
        trial.measure(level(3));
      }
    });
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(episode(plan));
    ASSERT_TRUE(plan.propose());
    EXPECT_EQ(alive, 2);
  }
  EXPECT_EQ(alive, 0);
}

TEST_F(PlannedSearchTest, ErrorsOfThePlanReachTheLoop) {
  Plan at_once(environment, [](auto&) { throw RunError("before"); });
  EXPECT_THROW(at_once.propose(), RunError);
  Plan later(environment, [](auto& trial) {
    trial.measure(level(2));
    throw RunError("after");
  });
  EXPECT_THROW(episode(later), RunError);

  struct Broken final : CostModel {
    Cost cost(const quant::Policy&) override { throw RunError("the simulator failed"); }
  } broken;
  Environment failing(quant::lenet5(), broken, accuracies, {});
  Plan asks(failing, [](auto& trial) { trial.cost(Actions(6, 0)); });
  EXPECT_THROW(asks.propose(), RunError);
}

TEST_F(PlannedSearchTest, LoadedPlanContinuesWhereItWasAndAnotherHistoryIsRefused) {
  const auto counting_down = [](int from) {
    return [from](auto& trial) {
      for (int action = from; action >= 0; --action) {
        // The way depends on the answers.
        if (trial.measure(level(action)).score->accuracy_pct < 85.0) --action;
      }
    };
  };
  Plan first(environment, counting_down(6));
  for (int i = 0; i < 4; ++i) episode(first);
  std::stringstream bytes;
  first.save(bytes);

  Plan second(environment, counting_down(6));
  second.load(bytes);
  for (;;) {
    const auto one = first.propose(), other = second.propose();
    ASSERT_EQ(one.has_value(), other.has_value());
    if (!one) break;
    EXPECT_EQ(one->actions, other->actions);
    episode(first);
    episode(second);
  }

  bytes.clear();
  bytes.seekg(0);
  Plan other(environment, counting_down(5));
  EXPECT_THROW(other.load(bytes), InputError);
  bytes.clear();
  bytes.seekg(0);
  Plan shorter(environment, [](auto& trial) { trial.measure(level(6)); });
  EXPECT_THROW(shorter.load(bytes), InputError);
}

}  // namespace
}  // namespace kirchhoff::agent
