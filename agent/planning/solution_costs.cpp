#include "agent/planning/solution_costs.h"

#include "agent/planning/bit_budget.h"
#include "agent/wall.h"

namespace kirchhoff::agent {
namespace {

constexpr int kPasses = 4;
/// Solutions that are simulated in a pass to find one that is really within the threshold.
constexpr int kSimulated = 40;

}  // namespace

LayerCosts costs_around_solution(const PolicySpace& space, const CostLimit& limit,
                                 const Sensitivities& losses) {
  const Actions top(space.slots().size(), kActions - 1);
  LayerCosts costs(limit, lower_to_threshold(space, top, WallOrder::kJoint, limit).actions);
  for (int pass = 1; pass < kPasses; ++pass) {
    Actions best = costs.base();
    int simulated = 0;
    BitBudget(losses, costs, limit.threshold + kCostError)
        .each([&](const Actions& actions, double loss) {
          if (loss >= predicted_loss(losses, best)) return false;
          if (!limit.allows(actions)) return ++simulated < kSimulated;
          best = actions;
          return false;
        });
    if (best == costs.base()) break;
    costs = LayerCosts(limit, best);
  }
  return costs;
}

}  // namespace kirchhoff::agent
