#pragma once

#include <cstdint>

#include "agent/methods/nsga2/options.h"
#include "agent/planning/planned_search.h"

namespace kirchhoff::agent {

/// NSGA-II (pagmo's) on two objectives, the accuracy lost against W8A8 and the cost: one run looks
/// for the best policies at every threshold, so every policy is measured. A policy that comes again
/// costs no episode.
class Nsga2 final : public PlannedSearch {
 public:
  Nsga2(Environment& environment, const Nsga2Options& options, std::uint64_t seed)
      : PlannedSearch(environment), options_(options), seed_(seed) {}

 private:
  void plan(Trial& trial) override;

  const Nsga2Options options_;
  const std::uint64_t seed_;
};

}  // namespace kirchhoff::agent
