#include "agent/planning/sensitivity.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/portable_math.h"

namespace kirchhoff::agent {
namespace {

/// The non-increasing sequence that is nearest to `values` by least squares.
std::vector<double> pooled(const std::vector<double>& values) {
  struct Pool {
    double mean;
    std::size_t size;
  };
  std::vector<Pool> pools;
  for (const double value : values) {
    pools.push_back({value, 1});
    while (pools.size() > 1 && pools[pools.size() - 2].mean < pools.back().mean) {
      const Pool last = pools.back();
      pools.pop_back();
      Pool& pool = pools.back();
      const auto size = static_cast<double>(pool.size);
      const auto last_size = static_cast<double>(last.size);
      pool.mean = (pool.mean * size + last.mean * last_size) / (size + last_size);
      pool.size += last.size;
    }
  }
  std::vector<double> result;
  for (const Pool& pool : pools) result.insert(result.end(), pool.size, pool.mean);
  return result;
}

/// Losses at every action from those at some.
std::array<double, kActions> completed(const std::vector<int>& probed,
                                       const std::vector<double>& losses) {
  std::array<double, kActions> all{};
  for (int action = 0; action + 1 < kActions; ++action) {
    const auto above = std::lower_bound(probed.begin(), probed.end(), action);
    const auto i = static_cast<std::size_t>(above - probed.begin());
    double& value = all[static_cast<std::size_t>(action)];
    if (above == probed.end()) {
      value = losses.back() * base::portable_pow(4.0, probed.back() - action);
    } else if (*above == action) {
      value = losses[i];
    } else if (i == 0) {
      value = losses.front() * base::portable_pow(4.0, probed.front() - action);
    } else {
      const double part = static_cast<double>(action - probed[i - 1]) / (*above - probed[i - 1]);
      value = base::portable_pow(losses[i - 1], 1.0 - part) * base::portable_pow(losses[i], part);
    }
  }
  return all;
}

}  // namespace

std::optional<quant::GradientLoss> gradient_loss(const std::string& measure) {
  if (measure == "gradient") return quant::GradientLoss::kDivergence;
  if (measure == "fisher") return quant::GradientLoss::kFisher;
  return std::nullopt;
}

double loss(const Score& score, const std::string& measure, double reference_accuracy_pct) {
  return measure == "accuracy" ? reference_accuracy_pct - score.accuracy_pct : score.divergence;
}

std::vector<int> probed_actions(const PolicySpace& space, int episodes) {
  // Steepest where the bits are few, so these come first.
  static const std::vector<std::vector<int>> choices = {
      {2}, {0, 2}, {0, 1, 3}, {0, 1, 2, 4}, {0, 1, 2, 3, 4}, {0, 1, 2, 3, 4, 5}};
  const int slots = space.slots().size();
  const int widths =
      std::min(static_cast<int>(choices.size()), static_cast<int>(3LL * episodes / (4LL * slots)));
  if (widths < 1) {
    throw InputError(
        fmt::format("episodes = {}: must be at least {} to probe the {} free bit widths of {} one "
                    "by one",
                    episodes, (4 * slots + 2) / 3, slots, space.network().name));
  }
  return choices[static_cast<std::size_t>(widths - 1)];
}

std::string describe_probes(const PolicySpace& space, int episodes) {
  std::string bits;
  for (const int action : probed_actions(space, episodes))
    bits += fmt::format("{}{}", bits.empty() ? "" : ", ", quant::kMinBits + action);
  return "probes of " + bits + " bits";
}

std::vector<Actions> probe_policies(const PolicySpace& space, const std::vector<int>& probed) {
  std::vector<Actions> policies;
  for (const SlotId s : space.slots().ids()) {
    for (const int action : probed) {
      policies.emplace_back(space.slots().size(), kActions - 1);
      policies.back()[s] = action;
    }
  }
  return policies;
}

Sensitivities probe_sensitivities(const PolicySpace& space, const std::vector<int>& probed,
                                  const std::function<double(const Actions&)>& loss_of) {
  Sensitivities sensitivities;
  std::vector<double> losses;
  for (const Actions& actions : probe_policies(space, probed)) {
    losses.push_back(std::max(0.0, loss_of(actions)));
    if (losses.size() < probed.size()) continue;
    sensitivities.push_back(completed_losses(probed, losses));
    losses.clear();
  }
  return sensitivities;
}

Sensitivities gradient_sensitivities(Environment& environment, quant::GradientLoss loss) {
  Sensitivities result;
  for (const auto& slot : environment.gradient_sensitivities(loss)) {
    const std::vector<double> pools = pooled({slot.begin(), slot.end()});
    std::copy(pools.begin(), pools.end(), result.emplace_back().begin());
  }
  return result;
}

std::array<double, kActions> completed_losses(const std::vector<int>& probed,
                                              const std::vector<double>& losses) {
  return completed(probed, pooled(losses));
}

double predicted_loss(const Sensitivities& sensitivities, const Actions& actions) {
  double sum = 0.0;
  for (const SlotId s : actions.ids()) {
    sum += sensitivities[s][static_cast<std::size_t>(actions[s])];
  }
  return sum;
}

}  // namespace kirchhoff::agent
