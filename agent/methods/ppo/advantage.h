#pragma once

#include <optional>
#include <vector>

namespace kirchhoff::agent {

/// Per step of one whole episode.
struct EpisodeTargets {
  std::vector<double> advantages;  ///< generalised advantage estimates
  std::vector<double> returns;     ///< discounted rewards-to-go, what the critic learns
};

/// Generalised advantage estimation (Schulman et al. 2016) over an episode that ended by itself, so
/// the value after its last step is 0.
EpisodeTargets episode_targets(const std::vector<double>& rewards,
                               const std::vector<double>& values, double discount, double lambda);

/// Shifts and scales to mean 0 and population deviation 1. False, and unchanged, when the values
/// hardly differ (deviation below 1e-6).
bool normalise(std::vector<double>& values);

/// 1 - var(returns - values) / var(returns); empty when the returns do not vary.
std::optional<double> explained_variance(const std::vector<double>& returns,
                                         const std::vector<double>& values);

}  // namespace kirchhoff::agent
