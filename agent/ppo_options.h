#pragma once

namespace kirchhoff::agent {

/// PPO-Clip. The defaults are the "paper" preset: what the paper states (clip ratio, learning
/// rates, hidden size) and the defaults of the implementation that it builds on for what it leaves
/// open.
struct PpoOptions {
  int episodes_per_update = 10;
  double discount = 0.99;
  double gae_lambda = 0.97;
  double clip_ratio = 0.2;
  double target_kl = 0.01;
  double kl_stop_factor = 1.5;
  int policy_iterations = 80;
  int value_iterations = 80;
  double policy_learning_rate = 3e-4;
  double value_learning_rate = 1e-3;
  int hidden_size = 256;
  double entropy_bonus = 0.0;
  int orthogonal = 0;
  int project = 0;
  int mask = 0;
  int budget_state = 0;

  /// The "tuned" preset: what suits episodes of a dozen steps with one reward at their end, and
  /// policies that are lowered to the threshold before they are evaluated.
  static PpoOptions tuned();

  /// Throws InputError naming the key, the value and the allowed range.
  void validate() const;
};

/// Calls visit(key, field, min, max, meaning) for every option: the one list behind flags, the
/// resolved configuration and the range checks.
template <typename Options, typename Visitor>
void visit_ppo_options(Options&& o, Visitor&& visit) {
  visit("ppo.episodes_per_update", o.episodes_per_update, 1, 10000,
        "whole episodes collected for one update");
  visit("ppo.discount", o.discount, 0.0, 1.0, "gamma of the returns and advantages");
  visit("ppo.gae_lambda", o.gae_lambda, 0.0, 1.0, "lambda of the advantage estimation");
  visit("ppo.clip_ratio", o.clip_ratio, 0.001, 10.0,
        "epsilon: how far the probability ratio may leave 1 with a gain");
  visit("ppo.target_kl", o.target_kl, 0.0, 1000.0,
        "mean KL divergence that an update aims to stay below");
  visit("ppo.kl_stop_factor", o.kl_stop_factor, 0.0, 1000.0,
        "policy iterations stop when the KL divergence exceeds this times the target");
  visit("ppo.policy_iterations", o.policy_iterations, 0, 10000,
        "full-batch gradient steps of the actor per update, at most");
  visit("ppo.value_iterations", o.value_iterations, 0, 10000,
        "full-batch gradient steps of the critic per update");
  visit("ppo.policy_learning_rate", o.policy_learning_rate, 0.0, 1.0,
        "learning rate of the actor's Adam");
  visit("ppo.value_learning_rate", o.value_learning_rate, 0.0, 1.0,
        "learning rate of the critic's Adam");
  visit("ppo.hidden_size", o.hidden_size, 1, 1024,
        "width of each of the two hidden layers of actor and critic");
  visit("ppo.entropy_bonus", o.entropy_bonus, 0.0, 100.0,
        "weight of the policy's entropy in the actor's objective");
  visit("ppo.orthogonal", o.orthogonal, 0, 1,
        "1: orthogonal initial weights and a small actor head; 0: uniform in +-1/sqrt(inputs)");
  visit(
      "ppo.project", o.project, 0, 1,
      "1: policies beyond th lose bits (the joint wall) until they are within it; 0: they get -1");
  visit("ppo.mask", o.mask, 0, 1,
        "1: no step may take an action after which even the cheapest rest would exceed th");
  visit("ppo.budget_state", o.budget_state, 0, 1,
        "1: states also tell the cost so far (with the cheapest rest) and the mean bits so far");
}

}  // namespace kirchhoff::agent
