#pragma once

#include <cstdint>
#include <string>

namespace kirchhoff::report {

/// One search of a comparison.
struct PlannedRun {
  std::string method;
  double th = 0.0;
  std::uint64_t seed = 0;

  /// "ppo-th0.8-seed1": its folder and its log.
  std::string name() const;
};
bool operator==(const PlannedRun& a, const PlannedRun& b);
/// By threshold, then method in the order of agent::search_methods(), then seed: the order of rows.
bool operator<(const PlannedRun& a, const PlannedRun& b);

}  // namespace kirchhoff::report
