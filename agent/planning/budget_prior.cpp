#include "agent/planning/budget_prior.h"

#include <algorithm>
#include <cmath>

namespace kirchhoff::agent {

std::array<double, kActions> budget_prior(const BitBudget& budget, const Actions& taken,
                                          double unit) {
  std::array<double, kActions> weights;
  for (int action = 0; action < kActions; ++action) {
    Actions next = taken;
    next.push_back(action);
    weights[static_cast<std::size_t>(action)] = -budget.least_loss(next);
  }
  const double best = *std::max_element(weights.begin(), weights.end());
  for (double& weight : weights) {
    if (std::isfinite(weight)) weight = (weight - best) / unit;
  }
  return weights;
}

}  // namespace kirchhoff::agent
