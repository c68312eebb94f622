#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace kirchhoff::cli {

/// What a folder of searches or simulations looks like while work is done in it, from outside: by
/// its files alone, whoever works there, on whatever machine.
struct PieceStatus {
  std::string name;
  /// "done", "running", "waiting", "interrupted": begun, and nobody goes on with it; "failed";
  /// "unreachable": th is below the floor; "refused": a chip that cannot be.
  std::string state;
  /// Who runs it: a host, a process there and how that calls itself. Empty: unknown.
  std::string host, part;
  long pid = 0;
  std::optional<double> silent_s;              ///< since who runs it was last heard of
  std::int64_t episodes = 0, of_episodes = 0;  ///< of a search; 0: no search
  std::optional<double> rate_per_s;            ///< episodes
  std::optional<double> left_s;                ///< until the last episode
  double wall_s = 0;                           ///< spent so far
  std::optional<double> best_accuracy_pct, best_cost_ratio;  ///< validation
  double th = 0;                                             ///< of a search
  std::string reason;  ///< why there is no result: the log's last line
};

struct FolderStatus {
  std::string folder, kind;  ///< "comparison", "sweep" or "search"
  std::vector<PieceStatus> pieces;
  std::optional<double> rate_per_s;  ///< pieces of a sweep
  std::optional<double> left_s;      ///< until all is done, if as many work as now

  std::size_t count(const std::string& state) const;
  nlohmann::ordered_json json() const;
};

/// InputError when the folder is none of a comparison, a sweep or a search.
FolderStatus folder_status(const std::string& folder);

}  // namespace kirchhoff::cli
