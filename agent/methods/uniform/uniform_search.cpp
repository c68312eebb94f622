#include "agent/methods/uniform/uniform_search.h"

namespace kirchhoff::agent {

void UniformSearch::plan(Trial& trial) {
  for (int action = kActions - 1; action >= 0; --action) {
    trial.measure({Actions(space().slots().size(), action), false, {}, 0});
  }
}

}  // namespace kirchhoff::agent
