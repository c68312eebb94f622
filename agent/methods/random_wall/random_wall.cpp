#include "agent/methods/random_wall/random_wall.h"

#include "agent/wall.h"
#include "base/rng.h"

namespace kirchhoff::agent {

void RandomWall::plan(Trial& trial) {
  Rng rng(seed_);
  const CostLimit limit = trial.limit();
  for (;;) {
    Actions chosen(space().slots().size());
    for (int& action : chosen) action = static_cast<int>(rng.index(kActions));
    const Walled walled = lower_to_threshold(space(), chosen, WallOrder::kJoint, limit);
    trial.measure(
        {walled.actions, false, walled.decrements > 0 ? chosen : Actions(), walled.decrements});
  }
}

}  // namespace kirchhoff::agent
