#pragma once

#include <map>
#include <string>

namespace kirchhoff::agent {

/// Every setting that the outcome of a run depends on, by its key.
using RunConfig = std::map<std::string, std::string>;

/// The folder of one run: config.json, episodes.csv, updates.csv, sensitivities.csv,
/// best_policy.json, checkpoint, summary.json and timing.json. At most one process works in it at a
/// time.
class RunFolder {
 public:
  /// Looks at the folder and changes nothing. InputError when it does not suit: without `resume` it
  /// must be missing or empty; with `resume` it must exist and hold a run of the same config.
  RunFolder(std::string path, RunConfig config, bool resume);

  /// Creates what is missing: the folder and config.json.
  void create();

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }
  bool has(const std::string& name) const;
  /// Replaces a file of the folder in one step. RunError when that fails.
  void write(const std::string& name, const std::string& contents) const;

 private:
  void check_config() const;

  /// The exclusive right to work in a folder. The kernel takes it back however the process ends.
  class Lock {
   public:
    Lock() = default;
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;
    /// InputError when another process works in `folder`.
    void take(const std::string& folder);

   private:
    int folder_ = -1;
  };

  const std::string path_;
  const RunConfig config_;
  Lock lock_;
};

}  // namespace kirchhoff::agent
