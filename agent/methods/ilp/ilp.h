#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "agent/planning/planned_search.h"
#include "agent/planning/sensitivity.h"

namespace kirchhoff::agent {

/// Integer programming on sensitivities, then local search. Every slot is probed alone, or
/// gradients tell what it loses; the program finds the weight and activation bits of every layer
/// whose losses sum to the least within the threshold. Costs are not sums over the layers, though,
/// so the program works with differences from one policy, its solutions are simulated, and its
/// limit is corrected by what it was wrong. The rest of the budget goes to the neighbours of the
/// best policy, those first that the sensitivities predict to lose least; when it has none left, to
/// those of the next best.
class Ilp final : public PlannedSearch {
 public:
  /// `episodes`: the budget; it decides how many widths are probed, if any. InputError when too
  /// small.
  Ilp(Environment& environment, const std::string& sensitivity, int episodes);

 private:
  void plan(Trial& trial) override;
  /// The least predicted loss that was found within the threshold.
  Actions solve(Trial& trial, const Sensitivities& sensitivities) const;
  /// The same with the costs taken as sums of differences from `base`; empty when none was found.
  std::optional<Actions> solve_around(Trial& trial, const Sensitivities& sensitivities,
                                      const Actions& base) const;
  /// Local search from `from` and from those of the probes that are within the threshold.
  void climb(Trial& trial, const Sensitivities& sensitivities,
             const std::map<Actions, Outcome>& probes, const Actions& from) const;

  const std::string sensitivity_;
  const RankBy rank_by_;
  const std::optional<quant::GradientLoss> gradient_;
  const std::vector<int> probed_;
};

/// Policies that differ from `from` by one more bit; by one bit from one slot to another; or by two
/// bits of one or two slots for one bit of another, in either direction. Without `from` itself. Of
/// more than 48 slots two at most change.
std::set<Actions> neighbours(const Actions& from);

}  // namespace kirchhoff::agent
