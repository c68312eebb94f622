#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "agent/cost_limit.h"
#include "agent/learning/saved_part.h"
#include "agent/methods/ddpg/ddpg_networks.h"
#include "agent/methods/ddpg/options.h"
#include "agent/search_method.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// HAQ's agent: DDPG whose continuous action in [0, 1] stands for 2..8 bits in equal shares, and a
/// wall that takes bits away from policies beyond the threshold before they are evaluated.
///
/// Different from HAQ's own code: the state is the environment's unless `state` asks for HAQ's; it
/// starts afresh every episode; the first and the last layer are no steps; 20 episodes of
/// warm-up, not 21; and the replay memory holds, by default, the actions that the wall left, since
/// the reward belongs to them (`replay_chosen` keeps the agent's own). RunError when the networks
/// have come to hold something that is no number.
class Ddpg final : public SearchMethod {
 public:
  /// Keeps a reference to the space. The cost is asked after every decrement of the wall.
  Ddpg(const PolicySpace& space, const DdpgOptions& options, std::uint64_t seed, CostLimit limit);

  std::optional<Proposal> propose() override;
  std::string observe(const Proposal& proposal, const Outcome& outcome) override;
  std::string log_columns() const override;
  void save(std::ostream& out) const override;
  void load(std::istream& in) override;

  /// What the actor does without noise.
  Actions greedy() const;

 private:
  State state(const Actions& taken) const {
    return haq_state_ ? haq_state_->state(taken) : space_.state(taken);
  }
  double noisy(double action);
  std::string update(double reward, int decrements);

  const PolicySpace& space_;
  const DdpgOptions options_;
  const CostLimit limit_;
  std::optional<HaqState> haq_state_;
  Rng rng_;
  DdpgNetworks networks_;
  IndexedVector<SlotId, double> current_;  ///< continuous actions of the proposed episode
  std::deque<Transition> replay_;
  std::int64_t episodes_ = 0;
  double deviation_ = 0.0;  ///< of the exploration in the next episode after the warm-up
  std::optional<double> baseline_;
  mutable SavedPart saved_networks_;
};

}  // namespace kirchhoff::agent
