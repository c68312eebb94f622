#pragma once

#include <cstddef>
#include <string>

#include "agent/methods/ddpg/haq_state.h"
#include "agent/option_group.h"
#include "agent/wall.h"

namespace kirchhoff::agent {

/// The DDPG agent of HAQ (Wang et al. 2019) with its published settings.
struct DdpgOptions final : OptionGroupOf<DdpgOptions> {
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
  std::string wall = "joint";   ///< or "haq"
  std::string state = "paper";  ///< or "haq"

  WallOrder wall_order() const { return wall == "haq" ? WallOrder::kHaq : WallOrder::kJoint; }
  /// Numbers of a state.
  std::size_t state_size() const { return state == "haq" ? HaqState::kSize : kStateSize; }
  std::string name() const override { return "ddpg"; }
  std::string section() const override { return "DDPG"; }
  void visit(OptionVisitor& visitor) override;
};

}  // namespace kirchhoff::agent
