#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <vector>

#include "agent/cost_limit.h"
#include "agent/methods/ppo/actor_critic.h"
#include "agent/planning/bit_budget.h"
#include "agent/planning/slot_probes.h"

namespace kirchhoff::agent {

/// What an agent may know of a step's choices before it has learnt anything. Every slot is probed
/// at two widths, or gradients predict what it loses; an action weighs exp(-L / T), L being how
/// much more than the best action's the least predicted divergence of a policy is that goes on with
/// it and is within the threshold. Actions after which no policy would be are forbidden. So an
/// agent that has learnt nothing spends what the threshold allows, about where it costs least.
class BitPrior {
 public:
  /// `temperature`: T as a multiple of the least predicted divergence of all. `predicted`: what
  /// slots lose alone; empty where probes are to tell. Keeps a reference to the space.
  BitPrior(const PolicySpace& space, CostLimit limit, double temperature,
           std::function<Sensitivities()> predicted);

  /// The next policy to measure before the agent begins; empty when all are. Without probes the
  /// first call asks for the predictions, and the limit for costs.
  std::optional<Actions> next_probe();
  /// Those behind it that will be asked for whatever comes out.
  std::vector<Actions> upcoming_probes() const { return probes_.upcoming(); }
  /// The divergence of the next probe. After the last one the limit is asked for costs.
  void learn(double divergence);
  /// Of a step, when there is no next_probe().
  LogWeights weights(const Actions& taken) const;

  /// What was measured; load() asks for the same costs again.
  void save(std::ostream& out) const;
  void load(std::istream& in);

 private:
  void plan(const Sensitivities& law);

  const PolicySpace& space_;
  const CostLimit limit_;
  const double temperature_;
  const std::function<Sensitivities()> predicted_;
  SlotProbes probes_;
  std::optional<BitBudget> budget_;
};

}  // namespace kirchhoff::agent
