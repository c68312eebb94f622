#pragma once

#include <cstdint>

#include "agent/search_method.h"
#include "base/rng.h"

namespace kirchhoff::agent {

/// Uniformly random policies: the control that every other method has to beat.
class RandomSearch final : public SearchMethod {
 public:
  RandomSearch(const PolicySpace& space, std::uint64_t seed);

  std::optional<Proposal> propose() override;
  std::vector<Proposal> upcoming() override;
  std::string observe(const Proposal& proposal, const Outcome& outcome) override;
  void save(std::ostream& out) const override { rng_.save(out); }
  void load(std::istream& in) override { rng_.load(in); }

 private:
  const int slots_;
  Rng rng_;
};

}  // namespace kirchhoff::agent
