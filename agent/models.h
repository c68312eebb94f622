#pragma once

#include <array>
#include <optional>
#include <vector>

#include "agent/policy_space.h"
#include "quant/network/policy.h"
#include "quant/training/gradient_losses.h"

namespace kirchhoff::agent {

/// Costs of a policy as ratios to W8A8 on the same hardware.
struct Cost {
  double latency = 1.0;
  double energy = 1.0;
  double power = 1.0;
  /// What a search is limited by: alpha*latency + beta*energy + gamma*power, alpha + beta + gamma =
  /// 1, or the size (agent/limit.h).
  double cost = 1.0;
};

/// What the ratios are relative to.
struct AbsoluteCost {
  double latency_ns = 0.0;
  double energy_pj = 0.0;
  double power_mw = 0.0;  ///< rated
};

/// What a policy costs on the chip. A pure function of the policy.
class CostModel {
 public:
  virtual ~CostModel() = default;
  virtual Cost cost(const quant::Policy& policy) = 0;
  /// Makes the costs of a policy once more, the long way, before they are reported: RunError when
  /// they are not those of cost().
  virtual void confirm(const quant::Policy&) {}
  /// Its Cost::cost alone, where that takes no simulation.
  virtual std::optional<double> quick_ratio(const quant::Policy&) { return std::nullopt; }
  /// W8A8; empty for a model that knows ratios only.
  virtual std::optional<AbsoluteCost> reference() const { return std::nullopt; }
  /// The cheapest policy among those that equal `policy` outside the `free` slots, the one with
  /// fewer bits where several are. Empty: only asking for the cost of every one would tell.
  virtual std::optional<quant::Policy> cheapest(const quant::Policy&,
                                                const std::vector<Slot>& /*free*/) {
    return std::nullopt;
  }
  /// False where some policy costs less than another one with fewer bits.
  virtual bool monotone() const { return true; }
};

/// How well the network does under a policy.
struct Score {
  double accuracy_pct = 0.0;
  /// Mean Kullback-Leibler divergence of the class probabilities from those at W8A8, in nats:
  /// a finer measure of the same damage, for sensitivities, ties and ranks.
  double divergence = 0.0;
  /// Standard error of the accuracy lost against W8A8, in points, from the images that only one of
  /// the two gets right. Empty where nobody counts them.
  std::optional<double> loss_error_points = std::nullopt;
};

/// Which part of a score decides between two policies first.
enum class RankBy { kAccuracy, kDivergence };

/// The order of every choice between two policies: the more accurate one; of equally accurate ones
/// the one that diverges less, then the cheaper. By divergence the first two change places. False
/// on a full tie, so that the earlier one stays.
inline bool better(const Score& score, const Cost& cost, const Score& than, const Cost& than_cost,
                   RankBy by = RankBy::kAccuracy) {
  const bool other_accuracy = score.accuracy_pct != than.accuracy_pct;
  if (other_accuracy && by == RankBy::kAccuracy) return score.accuracy_pct > than.accuracy_pct;
  if (score.divergence != than.divergence) return score.divergence < than.divergence;
  if (other_accuracy) return score.accuracy_pct > than.accuracy_pct;
  return cost.cost < than_cost.cost;
}

/// What the network loses by one slot at [slot][action], all the others at 8 bits: 0 at 8 bits.
using Sensitivities = IndexedVector<SlotId, std::array<double, kActions>>;

/// The score of a policy on some split of the data. A pure function of the policy.
class AccuracyModel {
 public:
  virtual ~AccuracyModel() = default;
  virtual Score score(const quant::Policy& policy) = 0;
  /// The same, but of all data even for a policy that score() gives up early.
  virtual Score whole_score(const quant::Policy& policy) { return score(policy); }
  /// Whether expect() is of any use.
  virtual bool measures_several() const { return false; }
  /// Policies whose score() will be asked for, or whose whole_score(): a model that can measures
  /// them side by side. What is answered then is what would have been answered anyway.
  virtual void expect(const std::vector<quant::Policy>&, bool /*whole*/) {}
  /// What slots lose alone as the gradients of the network predict it, without measuring any
  /// policy. A pure function of the network and the data. Empty for a model that has none.
  virtual std::optional<Sensitivities> gradient_sensitivities(quant::GradientLoss) {
    return std::nullopt;
  }
};

}  // namespace kirchhoff::agent
