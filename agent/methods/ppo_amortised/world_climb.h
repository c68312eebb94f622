#pragma once

#include <functional>
#include <map>
#include <utility>

#include "agent/methods/ppo_amortised/divergence_world.h"
#include "agent/planning/layer_costs.h"

namespace kirchhoff::agent {

/// Policies that a world hopes for: unmeasured ones that may diverge less than any measured one.
class WorldClimb {
 public:
  /// `allows`: whether a policy is really within the threshold. Keeps references.
  WorldClimb(const DivergenceWorld& world, const LayerCosts& costs, double limit, double deviations,
             std::function<bool(const Actions&)> allows)
      : world_(world),
        costs_(costs),
        limit_(limit),
        deviations_(deviations),
        allows_(std::move(allows)),
        sums_(world.sums()) {}

  /// Mean less deviations: what a policy may diverge by with some luck.
  double hope(const Actions& actions);
  /// From `start`, to the neighbour with most hope, as long as there is one with more.
  void from(const Actions& start);
  /// Everything that was looked at on the way, by hope. Not all of it may be allowed.
  const std::map<Actions, double>& hopes() const { return hopes_; }

 private:
  /// Neighbours that cost no more than the limit by the sums, the most promising first.
  std::vector<Actions> neighbours(const Actions& of) const;

  const DivergenceWorld& world_;
  const LayerCosts& costs_;
  const double limit_, deviations_;
  const std::function<bool(const Actions&)> allows_;
  const Sensitivities sums_;
  std::map<Actions, double> hopes_;
};

}  // namespace kirchhoff::agent
