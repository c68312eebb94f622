#pragma once

#include <vector>

#include "report/tables.h"

namespace kirchhoff::report {

/// The best policy of each group that has any, and what the presets of the paper's Table 8 make of
/// each study, both simulated: what the folders do not hold. The lists must be empty. Policies that
/// a cost table priced are not simulated.
void simulate_best(const std::vector<Study>& studies, const std::vector<Group>& groups,
                   std::vector<BestPolicy>& best, std::vector<PresetFigures>& presets);

}  // namespace kirchhoff::report
