#pragma once

#include <string>
#include <vector>

#include "agent/policy_space.h"

namespace kirchhoff::agent {

/// What a search's threshold bounds, as a ratio to W8A8.
enum class Limit {
  kCost,  ///< the weighted mean of latency, energy and rated power
  kLatency,
  kEnergy,
  /// Bits of all weights. Activations take no part in it, so they stay at 8 bits.
  kSize,
};

/// Their names, in the order of Limit.
const std::vector<std::string>& limit_names();
/// InputError "limit = NAME: must be one of …".
Limit limit_of(const std::string& name);
/// The widths that a search under it chooses.
constexpr Widths widths_under(Limit limit) {
  return limit == Limit::kSize ? Widths::kWeights : Widths::kAll;
}
/// What a search is limited by unless it is told otherwise.
inline constexpr const char* kUsualLimit = "cost";

}  // namespace kirchhoff::agent
