#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/claims.h"
#include "base/folder_lock.h"
#include "base/job_runner.h"
#include "cli/options/shard_option.h"

namespace kirchhoff::cli {

/// The folder of a comparison or a sweep while its work is done: by this process alone, or by
/// several that share it.
class SharedFolder {
 public:
  /// `what`, for messages: "comparison".
  SharedFolder(std::string folder, std::string what, std::optional<Shard> shard);

  bool shared() const { return shard_.has_value(); }
  /// Creates it and takes the right to work in it. InputError when others have it in another way,
  /// or work there with another program.
  void open();
  /// Calls `change`, which reads and writes files of the folder that all have in common, while no
  /// other process does. Between open() and clear().
  void change(const std::function<void()>& change);
  /// Writes down that work was begun, once for all that share it.
  void record(const std::string& command, const std::vector<std::string>& arguments);

  using Launch = std::function<std::unique_ptr<JobRunner>(Claims*)>;
  /// Runs the jobs that nobody else runs, until none of them is left. `callbacks.elsewhere` is told
  /// of what others have, or have done.
  void run(const std::vector<Job>& jobs, const Launch& launch, const JobCallbacks& callbacks);

  /// Who has which job at the moment, and which ones failed.
  SeenClaims seen() const { return see_claims(claims_path()); }
  /// True for one of those that come to the end of all work at the same time: it tells the outcome.
  bool is_teller();
  /// Nothing is left to do for anybody. Called within change() where the folder is shared.
  void clear();

  /// The part of such a folder that says who works in it.
  static std::string claims_path(const std::string& folder) { return folder + "/claims"; }

 private:
  std::string claims_path() const { return claims_path(folder_); }

  const std::string folder_, what_;
  const std::optional<Shard> shard_;
  FolderLock lock_;
  std::unique_ptr<Claims> claims_;  ///< since open()
};

}  // namespace kirchhoff::cli
