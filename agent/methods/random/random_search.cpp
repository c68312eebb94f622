#include "agent/methods/random/random_search.h"

namespace kirchhoff::agent {

RandomSearch::RandomSearch(const PolicySpace& space, std::uint64_t seed)
    : slots_(space.slots().size()), rng_(seed) {}

std::optional<Proposal> RandomSearch::propose() {
  Actions actions(slots_);
  for (int& action : actions) action = static_cast<int>(rng_.index(kActions));
  return Proposal{actions, false, {}, 0};
}

std::string RandomSearch::observe(const Proposal&, const Outcome&) { return {}; }

}  // namespace kirchhoff::agent
