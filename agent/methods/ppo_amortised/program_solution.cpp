#include "agent/methods/ppo_amortised/program_solution.h"

#include <vector>

#include "agent/planning/bit_budget.h"
#include "agent/wall.h"

namespace kirchhoff::agent {
namespace {

/// Policies that costs are taken around until they settle; solutions of each for one that is within
/// the threshold.
constexpr int kPasses = 4, kSolutions = 8;

}  // namespace

std::optional<Actions> allowed_solution(const CostLimit& limit, const Sensitivities& law,
                                        const LayerCosts& costs) {
  double within = limit.threshold;
  for (int solutions = 0; solutions < kSolutions; ++solutions) {
    const BitBudget budget(law, costs, within);
    if (!budget.feasible()) break;
    const Actions solution = budget.solution();
    const double excess = limit.cost(solution) - limit.threshold;
    if (excess <= 0.0) return solution;
    within -= excess;
  }
  return std::nullopt;
}

LayerCosts costs_around_allowed_solution(const PolicySpace& space, const CostLimit& limit,
                                         const Sensitivities& law) {
  const Actions top(space.slots().size(), kActions - 1);
  const std::vector<WidthChoice> choices = width_choices(space);
  LayerCosts costs(choices, limit,
                   lower_to_threshold(space, top, WallOrder::kJoint, limit).actions);
  for (int pass = 1; pass < kPasses; ++pass) {
    const std::optional<Actions> solution = allowed_solution(limit, law, costs);
    if (!solution || predicted_loss(law, *solution) >= predicted_loss(law, costs.base())) break;
    costs = LayerCosts(choices, limit, *solution);
  }
  return costs;
}

}  // namespace kirchhoff::agent
