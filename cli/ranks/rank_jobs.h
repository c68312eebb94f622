#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/job_runner.h"
#include "cli/ranks/ranks.h"

namespace kirchhoff::cli {

/// Runs jobs on all ranks, this one, which must be rank 0, among them unless there are many. Each
/// rank takes the claims of what it runs itself, so that a folder tells on which machine a job is.
class RankJobs final : public JobRunner {
 public:
  /// Every rank runs `slots` jobs at a time. `claims` are this rank's; the others make theirs in
  /// `claims_folder`. Without claims (null) nobody has any.
  RankJobs(Ranks& ranks, std::size_t slots, Claims* claims, std::string claims_folder);
  void run(const std::vector<Job>& jobs, const JobCallbacks& callbacks) override;

 private:
  class Pass;

  Ranks& ranks_;
  const std::size_t slots_;
  Claims* const claims_;
  const std::string claims_folder_;
};

/// What every other rank does: runs what rank 0 hands out, until that has no more.
void serve_rank(Ranks& ranks, std::size_t slots);
/// Tells every other rank that there is no more.
void release_ranks(Ranks& ranks);

}  // namespace kirchhoff::cli
