#pragma once

#include <cstdint>

#include "agent/environment.h"
#include "agent/search/search.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cosim/search_settings.h"

namespace kirchhoff::cli {

inline constexpr std::int64_t kMaxEvaluations = 1000000000;
/// W8A8 costs 1, and no policy of a search has more bits: above a few nothing is ruled out.
inline const Range kThresholds = Range::closed(agent::kLeastThreshold, agent::kMostThreshold);

using cosim::SearchSettings;

/// Declares the options that `search` and `compare` have in common: all but the workload, the chip,
/// and what tells one run of a comparison from another (method, threshold, seed, budget, folder).
/// They go on with the section that is open.
void declare_search_settings(Options& options, SearchSettings& settings);

/// After parsing, before the chip is loaded: the weights of the cost that the limit asks for.
/// InputError where the command line gives others, or codebooks and a limit that they do not
/// change.
void weigh_by_limit(const SearchSettings& settings, HardwareOptions& hardware);

/// After parsing: PPO's preset fills in what was not given.
void settle_search_settings(const Options& options, SearchSettings& settings);

}  // namespace kirchhoff::cli
