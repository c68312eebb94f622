#include "agent/methods/ddpg/options.h"

namespace kirchhoff::agent {

void DdpgOptions::visit(OptionVisitor& visitor) {
  visitor.integer("ddpg.hidden_size", hidden_size, 1, 1024,
                  "width of each of the two hidden layers of actor and critic");
  visitor.number("ddpg.actor_learning_rate", actor_learning_rate, 0.0, 1.0,
                 "learning rate of the actor's Adam");
  visitor.number("ddpg.critic_learning_rate", critic_learning_rate, 0.0, 1.0,
                 "learning rate of the critic's Adam");
  visitor.number("ddpg.discount", discount, 0.0, 1.0, "gamma of the critic's targets");
  visitor.number("ddpg.target_rate", target_rate, 0.0, 1.0,
                 "tau: how far the target networks follow after every update");
  visitor.number("ddpg.baseline_rate", baseline_rate, 0.0, 1.0,
                 "how fast the reward's baseline follows the mean of the batches");
  visitor.integer("ddpg.batch_size", batch_size, 1, 4096, "transitions per update");
  visitor.integer("ddpg.replay_episodes", replay_episodes, 1, 1000000,
                  "episodes whose transitions the replay memory holds");
  visitor.integer("ddpg.warmup_episodes", warmup_episodes, 0, 1000000,
                  "first episodes, uniformly random and without updates");
  visitor.number(
      "ddpg.noise", noise, 0.0, 10.0,
      "deviation of the exploration after the warm-up, as a part of the range of actions");
  visitor.number("ddpg.noise_decay", noise_decay, 0.0, 1.0, "factor of the deviation per episode");
  visitor.integer(
      "ddpg.replay_chosen", replay_chosen, 0, 1,
      "1: learn from the actions that the agent chose; 0: from those that the wall left");
  visitor.choice("ddpg.wall", wall, {"joint", "haq"},
                 "how bits are taken away: weight and activation of a layer together, or one "
                 "after the other as in HAQ's code");
  visitor.later_choice("ddpg.state", state, "paper", {"paper", "haq"},
                       "what the agent sees: the paper's eight numbers or HAQ's ten, which know "
                       "depthwise layers and numbers of weights");
}

}  // namespace kirchhoff::agent
