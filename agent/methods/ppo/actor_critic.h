#pragma once

#include <array>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <vector>

#include "agent/methods/ppo/options.h"
#include "agent/policy_space.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// A number per action, in logarithms of probabilities: minus infinity where there is none.
using LogWeights = std::array<double, kActions>;
/// 0 for the actions up to `highest`, the others forbidden.
LogWeights allowed_up_to(int highest);

/// The steps of the episodes that one update learns from.
struct PpoBatch {
  std::vector<State> states;
  std::vector<int> actions;
  std::vector<LogWeights> weights;  ///< added to the actor's outputs; all 0 without mask and prior
  std::vector<double> advantages;   ///< normalised; not read when the policy step is skipped
  std::vector<double> returns;
};

/// What the policy iterations of an update did.
struct PolicyUpdate {
  int iterations = 0;          ///< gradient steps taken before the KL divergence stopped them
  double kl = 0.0;             ///< mean log-probability lost by the taken actions, last measured
  double clip_fraction = 0.0;  ///< steps whose probability ratio lies beyond the clip range
};

/// The actor and the critic of PPO, separate multilayer perceptrons with two tanh layers each, and
/// their Adam optimisers.
class ActorCritic {
 public:
  /// `inputs`: numbers of a state. Initial parameters are drawn from `rng`.
  ActorCritic(std::size_t inputs, const PpoOptions& options, Rng& rng);
  ~ActorCritic();
  ActorCritic(const ActorCritic&) = delete;
  ActorCritic& operator=(const ActorCritic&) = delete;

  /// The policy's distribution in `state`, proportional to exp(output + weight).
  std::vector<double> probabilities(const State& state,
                                    const LogWeights& weights = allowed_up_to(kActions - 1)) const;
  std::vector<double> values(const std::vector<State>& states) const;
  /// Mean entropy of the policy over the states, in nats.
  double entropy(const std::vector<State>& states, const std::vector<LogWeights>& weights) const;

  /// Maximises the mean of min(r A, clip(r, 1-eps, 1+eps) A) over the whole batch, r being the
  /// probability ratio to the policy before the update.
  PolicyUpdate update_policy(const PpoBatch& batch);
  /// Regresses the critic on the returns.
  void update_values(const PpoBatch& batch);

  void save(std::ostream& out) const;
  /// Throws InputError when the bytes do not hold networks of this size.
  void load(std::istream& in);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::agent
