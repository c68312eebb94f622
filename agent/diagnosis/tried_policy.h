#pragma once

#include <optional>

#include "agent/models.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// A policy that a search has tried.
struct TriedPolicy {
  Actions actions;
  double cost = 1.0;           ///< ratio to W8A8
  std::optional<Score> score;  ///< where it was measured
};

}  // namespace kirchhoff::agent
