#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/actor_critic.h"
#include "agent/ppo_options.h"
#include "agent/rng.h"
#include "agent/search_method.h"

namespace kirchhoff::agent {

/// The paper's agent: PPO-Clip (Schulman et al. 2017) that picks one slot's bits per step and is
/// rewarded at the end of the episode. Updates after a fixed number of whole episodes.
class Ppo final : public SearchMethod {
 public:
  /// Keeps a reference to the space.
  Ppo(const PolicySpace& space, const PpoOptions& options, std::uint64_t seed);

  std::optional<Proposal> propose() override;
  std::string observe(const Proposal& proposal, const Outcome& outcome) override;
  std::string log_columns() const override;
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;

  /// The policy's distribution over the next step's choices.
  std::vector<double> probabilities(const Actions& taken) const;

 private:
  struct Episode {
    Actions actions;
    double reward = 0.0;
    bool feasible = false;
  };
  /// Learns from the collected episodes; returns the row of the log.
  std::string update();

  const PolicySpace& space_;
  const PpoOptions options_;
  Rng rng_;
  ActorCritic networks_;
  std::vector<Episode> batch_;
  std::int64_t updates_ = 0;
  mutable std::string saved_networks_;  ///< as of the last save; empty once they have learnt since
};

}  // namespace kirchhoff::agent
