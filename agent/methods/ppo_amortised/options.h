#pragma once

#include <string>

#include "agent/option_group.h"

namespace kirchhoff::agent {

/// Of the agent that trains in a world of its own.
struct AmortisedOptions final : OptionGroupOf<AmortisedOptions> {
  int episodes = 128;
  int episodes_per_update = 32;
  int batch = 8;
  int hidden_size = 64;
  double temperature = 0.1;
  double hope = 2.0;

  std::string name() const override { return "world"; }
  std::string section() const override { return "PPO"; }
  void visit(OptionVisitor& visitor) override {
    visitor.integer("world.episodes", episodes, 0, 10000,
                    "of ppo-amortised: imagined episodes before every batch of measurements");
    visitor.integer("world.episodes_per_update", episodes_per_update, 1, 10000,
                    "imagined episodes of one update");
    visitor.integer("world.batch", batch, 1, 1000,
                    "policies that are measured between two trainings");
    visitor.integer("world.hidden_size", hidden_size, 1, 1024,
                    "width of each of the two hidden layers of its actor and critic");
    visitor.number("world.temperature", temperature, 0.001, 1000.0,
                   "as ppo.prior_temperature, of the sums that the world predicts");
    visitor.number("world.hope", hope, 0.0, 100.0,
                   "deviations by which a policy is hoped to do better than predicted");
  }
};

}  // namespace kirchhoff::agent
