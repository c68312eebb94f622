#pragma once

#include <cstdint>

#include "agent/planning/planned_search.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// Random policies that use up what the threshold allows: only those that cost between the
/// threshold less `width` and the threshold are measured. A policy is drawn as a common level,
/// uniform in [2, 8] bits, and a deviation per slot, uniform in [-2, 2] bits; their sum is rounded
/// to the nearest width and kept within 2 to 8 bits. It is drawn anew, level included, until its
/// cost is in the band, 200 times at most; each draw is a simulator call. After that the costliest
/// draw below the band is taken, and if there was none, the cheapest above it, lowered by the joint
/// wall.
class RandomBand final : public PlannedSearch {
 public:
  RandomBand(Environment& environment, double width, std::uint64_t seed)
      : PlannedSearch(environment), width_(width), seed_(seed) {}

 private:
  void plan(Trial& trial) override;
  bool heeds_outcomes() const override { return false; }
  Proposal draw(Trial& trial, Rng& rng) const;

  const double width_;
  const std::uint64_t seed_;
};

}  // namespace kirchhoff::agent
