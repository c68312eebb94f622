#pragma once

#include <functional>
#include <map>
#include <optional>

#include "agent/planning/layer_costs.h"
#include "agent/planning/loss_belief.h"
#include "agent/planning/planned_search.h"

namespace kirchhoff::agent {

/// As few measurements as will do. Every slot is probed at two widths and a law through them
/// predicts the others, or gradients predict all and the first solution's measurement corrects
/// their scale; the knapsack of predicted losses and costs is solved. Of its best solutions the one
/// that may turn out best is measured, which corrects the predictions, and so on, until none is
/// left that would beat the best one measured even if it did better than predicted by its
/// deviation. Losses are divergences from W8A8.
class Adaptive final : public PlannedSearch {
 public:
  /// `gradient`: what gradients are taken for; empty: slots are probed.
  Adaptive(Environment& environment, std::optional<quant::GradientLoss> gradient);

 private:
  /// The loss of a policy, measured even beyond the threshold where it is a probe.
  using Measure = std::function<double(const Actions& actions, bool probe)>;

  void plan(Trial& trial) override;
  /// What slots lose alone, from probes of them.
  Sensitivities probed_law(Trial& trial, const Measure& measure) const;
  /// The same from gradients, in the scale of the best policy that they predict.
  Sensitivities scaled_gradients(Trial& trial, const Measure& measure) const;
  /// Not measured yet, within the threshold, and may lose less than `incumbent`.
  std::optional<Actions> most_promising(Trial& trial, const LossBelief& belief,
                                        const LayerCosts& costs,
                                        const std::map<Actions, double>& measured,
                                        double incumbent) const;

  const std::optional<quant::GradientLoss> gradient_;
};

}  // namespace kirchhoff::agent
