#pragma once

#include <cstdint>
#include <optional>

#include "agent/methods/ppo_amortised/options.h"
#include "agent/planning/planned_search.h"

namespace kirchhoff::agent {

/// PPO that is told much more than it measures. All measurements so far make a world, in which
/// every policy has an expected divergence and an error of it; the agent trains there, and what it
/// proposes, improved by its neighbours in the world, is measured where it may turn out best. So
/// the world is corrected where it matters, and the agent trains on.
class PpoAmortised final : public PlannedSearch {
 public:
  /// `gradient`: what gradients are taken for; empty: slots are probed.
  PpoAmortised(Environment& environment, const AmortisedOptions& options,
               std::optional<quant::GradientLoss> gradient, std::uint64_t seed)
      : PlannedSearch(environment), options_(options), gradient_(gradient), seed_(seed) {}

 private:
  /// One run of plan().
  class Run;
  void plan(Trial& trial) override;

  const AmortisedOptions options_;
  const std::optional<quant::GradientLoss> gradient_;
  const std::uint64_t seed_;
};

}  // namespace kirchhoff::agent
