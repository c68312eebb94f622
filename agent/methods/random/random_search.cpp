#include "agent/methods/random/random_search.h"

namespace kirchhoff::agent {
namespace {

constexpr int kAhead = 64;  // enough for all cores to have something to do

}  // namespace

RandomSearch::RandomSearch(const PolicySpace& space, std::uint64_t seed)
    : slots_(space.slots().size()), rng_(seed) {}

std::optional<Proposal> RandomSearch::propose() {
  Actions actions(slots_);
  for (int& action : actions) action = static_cast<int>(rng_.index(kActions));
  return Proposal{actions, false, {}, 0};
}

std::vector<Proposal> RandomSearch::upcoming() {
  const Rng rng = rng_;
  std::vector<Proposal> proposals;
  for (int i = 0; i < kAhead; ++i) proposals.push_back(*propose());
  rng_ = rng;
  return proposals;
}

std::string RandomSearch::observe(const Proposal&, const Outcome&) { return {}; }

}  // namespace kirchhoff::agent
