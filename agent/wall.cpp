#include "agent/wall.h"

#include <vector>

namespace kirchhoff::agent {
namespace {

/// The slots that change together, in the order of the wall.
std::vector<std::vector<SlotId>> steps(const PolicySpace& space, WallOrder order) {
  std::vector<std::vector<SlotId>> steps;
  // Backwards, a layer's activations come before its weights.
  for (SlotId s = space.slots().end_id(); s != SlotId{};) {
    s = preceding(s);
    const bool joins = order == WallOrder::kJoint && !steps.empty() &&
                       space.slots()[steps.back().front()].layer == space.slots()[s].layer;
    if (!joins) steps.emplace_back();
    steps.back().push_back(s);
  }
  return steps;
}

}  // namespace

Walled lower_to_threshold(const PolicySpace& space, const Actions& chosen, WallOrder order,
                          const CostLimit& limit) {
  Walled walled{chosen, 0};
  if (limit.allows(walled.actions)) return walled;
  const Actions cheapest = limit.cheapest({});
  const auto cycle = steps(space, order);
  while (walled.actions != cheapest) {
    for (const std::vector<SlotId>& step : cycle) {
      bool changed = false;
      for (const SlotId slot : step) {
        int& action = walled.actions[slot];
        if (action == cheapest[slot]) continue;
        action += action < cheapest[slot] ? 1 : -1;
        changed = true;
      }
      if (!changed) continue;
      ++walled.decrements;
      if (limit.allows(walled.actions)) return walled;
    }
  }
  return walled;
}

}  // namespace kirchhoff::agent
