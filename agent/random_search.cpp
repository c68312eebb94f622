#include "agent/random_search.h"

namespace kirchhoff::agent {

RandomSearch::RandomSearch(const PolicySpace& space, std::uint64_t seed)
    : steps_(space.slots().size()), rng_(seed) {}

Actions RandomSearch::propose() {
  Actions actions(steps_);
  for (int& action : actions) action = static_cast<int>(rng_.index(kActions));
  return actions;
}

std::string RandomSearch::observe(const Actions&, const Outcome&) { return {}; }

}  // namespace kirchhoff::agent
