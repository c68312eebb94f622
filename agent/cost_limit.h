#pragma once

#include <functional>

#include "agent/models.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// What policies may cost, for methods that ask before they propose one.
struct CostLimit {
  double threshold = 0.0;                      ///< a policy within it exists
  std::function<double(const Actions&)> cost;  ///< Cost::cost
  /// The cheapest policy that begins with these actions.
  std::function<Actions(const Actions& taken)> cheapest;
  /// More bits never cost less, so that what exceeds the threshold does so with more bits, too.
  std::function<bool()> monotone;

  bool allows(const Actions& actions) const { return cost(actions) <= threshold; }
};

class Environment;
/// By the environment's models, whose answers count as calls. Keeps a reference.
CostLimit cost_limit(Environment& environment);

}  // namespace kirchhoff::agent
