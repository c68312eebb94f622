#pragma once

#include <optional>

#include "agent/cost_limit.h"
#include "agent/planning/layer_costs.h"
#include "agent/planning/sensitivity.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// The policy that loses least by `law` and by these costs, whose limit moves by what they are
/// wrong; empty when none of a few is within the threshold. One walk through the program's tables
/// where `solution_costs.h` sorts policies: of fifty layers it takes no longer than of five.
std::optional<Actions> allowed_solution(const CostLimit& limit, const Sensitivities& law,
                                        const LayerCosts& costs);

/// Costs as differences from that policy: first around W8A8 walled down to the threshold, then
/// around one solution after another as long as they lose less.
LayerCosts costs_around_allowed_solution(const PolicySpace& space, const CostLimit& limit,
                                         const Sensitivities& law);

}  // namespace kirchhoff::agent
