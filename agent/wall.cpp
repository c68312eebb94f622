#include "agent/wall.h"

#include <vector>

namespace kirchhoff::agent {
namespace {

/// The slots that lose a bit together, in the order of the wall.
std::vector<std::vector<std::size_t>> steps(const PolicySpace& space, WallOrder order) {
  std::vector<std::vector<std::size_t>> steps;
  // Backwards, a layer's activations come before its weights.
  for (std::size_t s = space.slots().size(); s-- > 0;) {
    const bool joins = order == WallOrder::kJoint && !steps.empty() &&
                       space.slots()[steps.back().front()].layer == space.slots()[s].layer;
    if (!joins) steps.emplace_back();
    steps.back().push_back(s);
  }
  return steps;
}

}  // namespace

Walled lower_to_threshold(const PolicySpace& space, const Actions& chosen, double threshold,
                          WallOrder order, const std::function<Cost(const Actions&)>& cost) {
  Walled walled{chosen, 0};
  if (cost(walled.actions).cost <= threshold) return walled;
  const auto cycle = steps(space, order);
  for (bool lowered = true; lowered;) {
    lowered = false;
    for (const std::vector<std::size_t>& step : cycle) {
      bool lost = false;
      for (const std::size_t slot : step) {
        if (walled.actions[slot] == 0) continue;
        --walled.actions[slot];
        lost = true;
      }
      if (!lost) continue;
      lowered = true;
      ++walled.decrements;
      if (cost(walled.actions).cost <= threshold) return walled;
    }
  }
  return walled;
}

}  // namespace kirchhoff::agent
