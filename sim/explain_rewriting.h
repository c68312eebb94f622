#pragma once

#include <string>

#include "sim/explain_scopes.h"

namespace kirchhoff::sim {

/// What RewritingReport says of the run, as quantities "rewriting.X"; none where the chip holds the
/// network.
Quantities rewriting_quantities(const CostReport& report);

/// Fills `e` when `what` is one of these X. False otherwise.
bool explain_rewriting(Explanation& e, const std::string& what, const CostReport& report,
                       const Constants& constants);

}  // namespace kirchhoff::sim
