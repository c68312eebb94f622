#pragma once

#include "agent/cost_limit.h"
#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// How the wall changes bits, one at a time, over the free layers from the last to the first and
/// then again from the last.
enum class WallOrder {
  /// A weight bit and an activation bit of a layer together, then the cost: what the paper's
  /// comparison (Tables 6 and 7) counts as one simulator call per layer.
  kJoint,
  /// HAQ's code: the activation, the cost, the weight, the cost.
  kHaq,
};

struct Walled {
  Actions actions;
  int decrements = 0;  ///< steps that changed something: layers (kJoint) or slots (kHaq)
};

/// HAQ's constraint: moves the bits of `chosen` towards those of the cheapest policy until the cost
/// is within the limit. Where more bits never cost less, that one has 2 bits everywhere and bits
/// are taken away; elsewhere a slot may gain bits. The cost is asked for the chosen policy and
/// after every step, so decrements + 1 times; slots that are there are passed by without a call.
///
/// HAQ's code differs: it asks again where nothing changed, forces the first and the last layer to
/// 8 bits inside the wall only (here they are not free to begin with), and gives up at the cost of
/// a policy that has these two at 2 bits, so that an unreachable limit loops for ever.
Walled lower_to_threshold(const PolicySpace& space, const Actions& chosen, WallOrder order,
                          const CostLimit& limit);

}  // namespace kirchhoff::agent
