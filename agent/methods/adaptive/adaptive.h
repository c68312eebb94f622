#pragma once

#include <map>
#include <optional>

#include "agent/planning/layer_costs.h"
#include "agent/planning/loss_belief.h"
#include "agent/planning/planned_search.h"

namespace kirchhoff::agent {

/// As few measurements as will do. Every slot is probed at two widths, a law through them predicts
/// the others, and the knapsack of predicted losses and costs is solved. Of its best solutions the
/// one that may turn out best is measured, which corrects the predictions, and so on, until none
/// is left that would beat the best one measured even if it did better than predicted by its
/// deviation. Losses are divergences from W8A8.
class Adaptive final : public PlannedSearch {
 public:
  explicit Adaptive(Environment& environment);

 private:
  void plan(Trial& trial) override;
  /// Not measured yet, within the threshold, and may lose less than `incumbent`.
  std::optional<Actions> most_promising(Trial& trial, const LossBelief& belief,
                                        const LayerCosts& costs,
                                        const std::map<Actions, double>& measured,
                                        double incumbent) const;
};

}  // namespace kirchhoff::agent
