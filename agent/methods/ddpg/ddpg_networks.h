#pragma once

#include <iosfwd>
#include <memory>
#include <vector>

#include "agent/methods/ddpg/options.h"
#include "agent/policy_space.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// One step of an episode as DDPG remembers it. Every step carries the reward of its episode.
struct Transition {
  State state, next;  ///< `next` is not read where `last`
  double action = 0.0;
  double reward = 0.0;
  bool last = false;
};

struct DdpgUpdate {
  double critic_loss = 0.0;
  double mean_value = 0.0;  ///< of the actor's actions, by the critic
};

/// Actor (state -> hidden -> hidden -> 1, ReLU, sigmoid) and critic (ReLU(Ws s + Wa a) -> hidden ->
/// 1), their slowly following copies and their Adam optimisers.
class DdpgNetworks {
 public:
  /// Initial parameters are drawn from `rng`, uniform in +-1/sqrt(inputs).
  DdpgNetworks(const DdpgOptions& options, Rng& rng);
  ~DdpgNetworks();
  DdpgNetworks(const DdpgNetworks&) = delete;
  DdpgNetworks& operator=(const DdpgNetworks&) = delete;

  /// The actor's action in [0, 1].
  double action(const State& state) const;
  double value(const State& state, double action) const;
  /// One step of critic and actor on a batch; targets are reward - baseline + discount * Q'.
  DdpgUpdate update(const std::vector<const Transition*>& batch, double baseline);

  void save(std::ostream& out) const;
  /// Throws InputError when the bytes do not hold networks of this size.
  void load(std::istream& in);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::agent
