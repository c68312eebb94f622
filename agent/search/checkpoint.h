#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/environment.h"
#include "agent/search/csv_log.h"

namespace kirchhoff::agent {

/// One of the best policies that a search has evaluated.
struct BestEpisode {
  std::int64_t episode = 0;
  quant::Policy policy;
  Cost cost;
  Score score;
};

/// Where a search stands between two episodes. Together with the rows of the logs up to the marks
/// this is all that the rest of the run depends on.
struct Checkpoint {
  std::int64_t episodes = 0;
  std::int64_t feasible_episodes = 0;
  std::vector<BestEpisode> top;  ///< different policies within the threshold, best first
  std::string method;            ///< SearchMethod::save
  std::string environment;       ///< Environment::save
  CsvLog::Mark episode_rows;
  CsvLog::Mark update_rows;
  /// What the episodes used, once they are done: the final stage is counted apart.
  std::optional<Evaluations> search_used;
  double method_s = 0.0;  ///< time spent so far; not part of the outcome
  double wall_s = 0.0;
};

/// The contents of a checkpoint file.
std::string checkpoint_bytes(const Checkpoint& checkpoint);
/// Throws InputError naming the file when it is unreadable, cut short or changed.
Checkpoint load_checkpoint(const std::string& path);

}  // namespace kirchhoff::agent
