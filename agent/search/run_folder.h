#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/folder_lock.h"

namespace kirchhoff::agent {

/// Every setting that the outcome of a run depends on, by its key.
using RunConfig = std::map<std::string, std::string>;

/// The folder of one run: config.json, episodes.csv, updates.csv, best_policy.json, checkpoint,
/// searched.checkpoint, summary.json and timing.json. At most one process works in it at a time.
class RunFolder {
 public:
  /// Looks at the folder and changes nothing. InputError when it does not suit: without `resume` it
  /// must be missing or empty; with `resume` it must exist and hold a run of the same config, but
  /// that the number `may_grow` may be a larger one now.
  RunFolder(std::string path, RunConfig config, bool resume, std::string may_grow);

  /// What `may_grow` was in the run that goes on with a larger one; nothing when it is the same.
  const std::optional<std::int64_t>& grown_from() const { return grown_from_; }

  /// Creates what is missing, the folder and config.json, and writes down what has grown.
  void create();

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  bool has(const std::string& name) const;
  /// Replaces a file of the folder in one step. RunError when that fails.
  void write(const std::string& name, const std::string& contents) const;
  /// Removes a file of the folder, if it is there.
  void remove(const std::string& name) const;

 private:
  void check_config();
  /// Whether the run's `key` was `before`, less than `now`, and may grow.
  bool grows(const std::string& key, const std::string& before, const std::string& now);

  const std::string path_;
  const RunConfig config_;
  const std::string may_grow_;
  std::optional<std::int64_t> grown_from_;
  FolderLock lock_;
};

}  // namespace kirchhoff::agent
