#pragma once

#include <string>

#include "agent/wall.h"

namespace kirchhoff::agent {

/// The DDPG agent of HAQ (Wang et al. 2019) with its published settings.
struct DdpgOptions {
  int hidden_size = 300;
  double actor_learning_rate = 1e-4;
  double critic_learning_rate = 1e-3;
  double discount = 1.0;
  double target_rate = 0.01;
  double baseline_rate = 0.5;
  int batch_size = 64;
  int replay_episodes = 64;
  int warmup_episodes = 20;
  double noise = 0.5;
  double noise_decay = 0.99;
  int replay_chosen = 0;
  std::string wall = "joint";  ///< or "haq"

  WallOrder wall_order() const { return wall == "haq" ? WallOrder::kHaq : WallOrder::kJoint; }
  /// Throws InputError naming the key, the value and the allowed range.
  void validate() const;
};

/// Calls visit(key, field, min, max, meaning) for every numeric option: the one list behind flags,
/// the resolved configuration and the range checks.
template <typename Options, typename Visitor>
void visit_ddpg_options(Options&& o, Visitor&& visit) {
  visit("ddpg.hidden_size", o.hidden_size, 1, 1024,
        "width of each of the two hidden layers of actor and critic");
  visit("ddpg.actor_learning_rate", o.actor_learning_rate, 0.0, 1.0,
        "learning rate of the actor's Adam");
  visit("ddpg.critic_learning_rate", o.critic_learning_rate, 0.0, 1.0,
        "learning rate of the critic's Adam");
  visit("ddpg.discount", o.discount, 0.0, 1.0, "gamma of the critic's targets");
  visit("ddpg.target_rate", o.target_rate, 0.0, 1.0,
        "tau: how far the target networks follow after every update");
  visit("ddpg.baseline_rate", o.baseline_rate, 0.0, 1.0,
        "how fast the reward's baseline follows the mean of the batches");
  visit("ddpg.batch_size", o.batch_size, 1, 4096, "transitions per update");
  visit("ddpg.replay_episodes", o.replay_episodes, 1, 1000000,
        "episodes whose transitions the replay memory holds");
  visit("ddpg.warmup_episodes", o.warmup_episodes, 0, 1000000,
        "first episodes, uniformly random and without updates");
  visit("ddpg.noise", o.noise, 0.0, 10.0,
        "deviation of the exploration after the warm-up, as a part of the range of actions");
  visit("ddpg.noise_decay", o.noise_decay, 0.0, 1.0, "factor of the deviation per episode");
  visit("ddpg.replay_chosen", o.replay_chosen, 0, 1,
        "1: learn from the actions that the agent chose; 0: from those that the wall left");
}

}  // namespace kirchhoff::agent
