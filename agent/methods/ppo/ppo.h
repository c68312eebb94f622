#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "agent/cost_limit.h"
#include "agent/learning/saved_part.h"
#include "agent/methods/ppo/actor_critic.h"
#include "agent/methods/ppo/bit_prior.h"
#include "agent/methods/ppo/options.h"
#include "agent/search_method.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// The paper's agent: PPO-Clip (Schulman et al. 2017) that picks one slot's bits per step and is
/// rewarded at the end of the episode. Updates after a fixed number of whole episodes. RunError
/// when the networks have come to hold something that is no number.
class Ppo final : public SearchMethod {
 public:
  /// Keeps a reference to the space. `limit` is needed by the options project, mask, prior and
  /// budget_state only. `predicted`: what slots lose alone, for the prior; empty: probes tell.
  Ppo(const PolicySpace& space, const PpoOptions& options, std::uint64_t seed, CostLimit limit = {},
      std::function<Sensitivities()> predicted = {});

  std::optional<Proposal> propose() override;
  std::vector<Proposal> upcoming() override;
  std::string observe(const Proposal& proposal, const Outcome& outcome) override;
  std::string log_columns() const override;
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;

  /// The policy's distribution over the next step's choices.
  std::vector<double> probabilities(const Actions& taken) const;

 private:
  /// What the agent did, whatever became of its choices afterwards.
  struct Episode {
    std::vector<int> actions;
    std::vector<State> states;
    std::vector<LogWeights> weights;  ///< of each step
    double reward = 0.0;
    bool feasible = false;
  };
  State state(const Actions& taken) const;
  /// What mask and prior say of the next step's actions.
  LogWeights weights(const Actions& taken) const;
  /// Whether some policy that goes on with `action` is within the threshold.
  bool affordable(Actions taken, int action) const;
  /// An action.
  std::size_t draw(const State& state, const LogWeights& weights);
  /// The choices of a whole episode, kept in `current_`.
  Actions walk();
  /// The least that a policy with these first actions can cost.
  double least_cost(const Actions& taken) const;
  /// Learns from the collected episodes; returns the row of the log.
  std::string update();

  const PolicySpace& space_;
  const PpoOptions options_;
  const CostLimit limit_;
  std::optional<BitPrior> prior_;
  Rng rng_;
  ActorCritic networks_;
  Episode current_;  ///< proposed, not yet observed; checkpoints are taken between episodes
  std::vector<Episode> batch_;
  std::int64_t updates_ = 0;
  mutable SavedPart saved_networks_;
};

}  // namespace kirchhoff::agent
