#include "agent/random_wall.h"

#include "agent/rng.h"
#include "agent/wall.h"

namespace kirchhoff::agent {

void RandomWall::plan(Trial& trial) {
  Rng rng(seed_);
  for (;;) {
    Actions chosen(space().slots().size());
    for (int& action : chosen) action = static_cast<int>(rng.index(kActions));
    const Walled walled =
        lower_to_threshold(space(), chosen, reward().threshold, WallOrder::kJoint,
                           [&](const Actions& actions) { return trial.cost(actions); });
    trial.measure(
        {walled.actions, false, walled.decrements > 0 ? chosen : Actions(), walled.decrements});
  }
}

}  // namespace kirchhoff::agent
