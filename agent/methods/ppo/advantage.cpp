#include "agent/methods/ppo/advantage.h"

#include <cmath>
#include <numeric>

namespace kirchhoff::agent {
namespace {

struct Moments {
  double mean = 0.0;
  double deviation = 0.0;
};

Moments moments(const std::vector<double>& values) {
  if (values.empty()) return {};
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double squares = 0.0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return {mean, std::sqrt(squares / count)};
}

constexpr double kFlat = 1e-6;

}  // namespace

EpisodeTargets episode_targets(const std::vector<double>& rewards,
                               const std::vector<double>& values, double discount, double lambda) {
  EpisodeTargets targets;
  targets.advantages.resize(rewards.size());
  targets.returns.resize(rewards.size());
  double next_value = 0.0;
  double next_advantage = 0.0;
  double next_return = 0.0;
  for (std::size_t t = rewards.size(); t-- > 0;) {
    const double residual = rewards[t] + discount * next_value - values.at(t);
    targets.advantages[t] = next_advantage = residual + discount * lambda * next_advantage;
    targets.returns[t] = next_return = rewards[t] + discount * next_return;
    next_value = values[t];
  }
  return targets;
}

bool normalise(std::vector<double>& values) {
  const Moments before = moments(values);
  if (before.deviation < kFlat) return false;
  for (double& value : values) value = (value - before.mean) / (before.deviation + 1e-8);
  return true;
}

std::optional<double> explained_variance(const std::vector<double>& returns,
                                         const std::vector<double>& values) {
  std::vector<double> residuals(returns.size());
  for (std::size_t i = 0; i < returns.size(); ++i) residuals[i] = returns[i] - values.at(i);
  const double spread = moments(returns).deviation;
  if (spread < kFlat) return std::nullopt;
  const double unexplained = moments(residuals).deviation;
  return 1.0 - unexplained * unexplained / (spread * spread);
}

}  // namespace kirchhoff::agent
