#pragma once

#include <cstddef>
#include <vector>

#include "agent/planning/layer_costs.h"
#include "agent/planning/sensitivity.h"

namespace kirchhoff::agent {

/// By how much a sum over the layers may be wrong near its base: limits are widened by it where
/// policies are simulated afterwards.
inline constexpr double kCostError = 0.001;

/// Limits of predicted costs to look for policies within, one after another until one is really
/// within the threshold. Of few layers the first suffices; of many the best predictions may all
/// lie between the threshold and that.
std::vector<double> predicted_limits(double threshold, std::size_t layers);

/// Costs as differences from the policy that loses least within the threshold, by `losses`: first
/// around W8A8 walled down to it, then around the solution of that, until it is the same.
LayerCosts costs_around_solution(const PolicySpace& space, const CostLimit& limit,
                                 const Sensitivities& losses);

}  // namespace kirchhoff::agent
