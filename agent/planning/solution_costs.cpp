#include "agent/planning/solution_costs.h"

#include <vector>

#include "agent/planning/bit_budget.h"
#include "agent/wall.h"

namespace kirchhoff::agent {
namespace {

constexpr int kPasses = 4;
/// Solutions that are simulated in a pass to find one that is really within the threshold.
constexpr int kSimulated = 40;

/// The policy within the threshold that loses least by these costs; their base where none is found.
Actions solution(const CostLimit& limit, const Sensitivities& losses, const LayerCosts& costs) {
  Actions best = costs.base();
  for (const double within : predicted_limits(limit.threshold, costs.choices().size())) {
    int simulated = 0;
    BitBudget(losses, costs, within).each([&](const Actions& actions, double loss) {
      if (loss >= predicted_loss(losses, best)) return false;
      if (!limit.allows(actions)) return ++simulated < kSimulated;
      best = actions;
      return false;
    });
    if (best != costs.base()) break;
  }
  return best;
}

}  // namespace

std::vector<double> predicted_limits(double threshold, std::size_t layers) {
  if (layers <= kFewLayers) return {threshold + kCostError};
  return {threshold + kCostError, threshold, threshold - kCostError};
}

LayerCosts costs_around_solution(const PolicySpace& space, const CostLimit& limit,
                                 const Sensitivities& losses) {
  const Actions top(space.slots().size(), kActions - 1);
  const std::vector<WidthChoice> choices = width_choices(space);
  LayerCosts costs(choices, limit,
                   lower_to_threshold(space, top, WallOrder::kJoint, limit).actions);
  for (int pass = 1; pass < kPasses; ++pass) {
    const Actions best = solution(limit, losses, costs);
    if (best == costs.base()) break;
    costs = LayerCosts(choices, limit, best);
  }
  return costs;
}

}  // namespace kirchhoff::agent
