#pragma once

#include <cstdint>

#include "agent/planning/planned_search.h"

namespace kirchhoff::agent {

/// Uniformly random policies, lowered to the threshold by the joint wall: the control for every
/// method that uses the wall.
class RandomWall final : public PlannedSearch {
 public:
  RandomWall(Environment& environment, std::uint64_t seed)
      : PlannedSearch(environment), seed_(seed) {}

 private:
  void plan(Trial& trial) override;
  bool heeds_outcomes() const override { return false; }
  const std::uint64_t seed_;
};

}  // namespace kirchhoff::agent
