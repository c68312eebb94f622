#pragma once

#include <array>

#include "agent/planning/bit_budget.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// Of the next slot's actions, in logarithms of probabilities up to a constant: -L / unit, L being
/// how much more than the best action's the least loss of a policy is that begins with `taken`,
/// goes on with it and is within the budget's limit. Minus infinity where there is no such policy.
std::array<double, kActions> budget_prior(const BitBudget& budget, const Actions& taken,
                                          double unit);

}  // namespace kirchhoff::agent
