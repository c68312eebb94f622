#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "agent/diagnosis/fitted_costs.h"
#include "agent/diagnosis/tried_policy.h"

namespace kirchhoff::agent {

/// Policies that cost at most this much less than th, as a ratio to W8A8, are near it: the band
/// that `random-band` draws from.
inline constexpr double kNearThreshold = 0.04;
/// Fewer policies near th say nothing.
inline constexpr std::size_t kLeastPolicies = 20;
/// From here on summed probes rank policies near th well enough to choose by them.
inline constexpr double kLeastCorrelation = 0.9;
/// Up to here costs are sums over the layers: a quarter of kNearThreshold.
inline constexpr double kMostCostResidual = 0.01;
/// Below this accuracies near th are noise: they order policies otherwise than divergences do.
inline constexpr double kLeastAgreement = 0.5;

/// What the policies near a threshold say about the task. A knapsack is a task whose losses are
/// sums over the slots and whose costs are sums over the layers: its best policy follows from a few
/// probes and one integer program.
struct TaskKind {
  std::size_t policies = 0;  ///< near th, different, measured, and none of the probes
  /// Rank correlation of the sum of what every slot loses alone with the measured divergence.
  std::optional<double> summed_probes;
  /// Rank correlation of the accuracy lost with the divergence, on the same images.
  std::optional<double> accuracy;
  std::optional<CostResidual> costs;  ///< of those policies near th whose cost others predict
  bool probed = false;                ///< every slot alone, at one width at least
};

/// `tried`: different policies; those with one slot below 8 bits are the probes.
TaskKind task_kind(const PolicySpace& space, const std::vector<TriedPolicy>& tried,
                   double threshold);

/// What follows from that, in a sentence: which methods of search_method_types() suit the task, or
/// what is missing to say so.
std::string advice(const TaskKind& kind);

}  // namespace kirchhoff::agent
