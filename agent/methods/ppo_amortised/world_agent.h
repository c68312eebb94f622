#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "agent/methods/ppo/actor_critic.h"
#include "agent/methods/ppo_amortised/options.h"
#include "agent/planning/bit_budget.h"
#include "agent/policy_space.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// PPO whose episodes cost nothing, as they take place in an imagined world. What the budget of the
/// world's sums says masks the actions and weighs them, so that an agent that has learnt nothing
/// already spends the threshold where it helps most; what the world knows beyond its sums is what
/// there is to learn.
class WorldAgent {
 public:
  /// What a policy is hoped to diverge by, in nats, above 0.
  using Hope = std::function<double(const Actions& actions)>;

  /// Keeps a reference to the space.
  WorldAgent(const PolicySpace& space, const AmortisedOptions& options, std::uint64_t seed);

  /// Plays the options' number of episodes, learning from them; `best`: the best policy that was
  /// measured. The policies of the episodes, by hope. None where the budget is not feasible.
  std::vector<Actions> train(const BitBudget& budget, const Sensitivities& sums,
                             const Actions& best, const Hope& hope);

 private:
  struct Episode {
    Actions actions;
    std::vector<State> states;
    std::vector<LogWeights> weights;
    double reward = 0.0;
  };
  State state(const BitBudget& budget, const Sensitivities& sums, const Actions& best,
              const Actions& taken) const;
  Episode play(const BitBudget& budget, const Sensitivities& sums, const Actions& best);
  void learn(const std::vector<Episode>& episodes);

  const PolicySpace& space_;
  const AmortisedOptions options_;
  const PpoOptions ppo_;
  Rng rng_;
  ActorCritic networks_;
};

}  // namespace kirchhoff::agent
