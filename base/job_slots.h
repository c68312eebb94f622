#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/job_runner.h"

namespace kirchhoff {

/// Where a process runs jobs: so many processes of this machine at a time, which end with this one.
/// Whoever hands out work asks it again and again.
class JobSlots {
 public:
  /// With `claims` a job is run only when it can be taken, and its end is told there.
  explicit JobSlots(std::size_t slots, Claims* claims = nullptr) : slots_(slots), claims_(claims) {}
  /// Ends what runs, without asking it.
  ~JobSlots();
  JobSlots(const JobSlots&) = delete;
  JobSlots& operator=(const JobSlots&) = delete;

  bool has_room() const { return running_.size() < slots_; }
  bool is_empty() const { return running_.empty(); }
  std::vector<std::size_t> jobs() const;

  /// False when another process has the job, or has had it. RunError when it cannot be started.
  bool start(std::size_t number, const Job& job);
  struct Ended {
    std::size_t job;
    int status;      ///< exit code, or 128 + the signal that ended it
    bool elsewhere;  ///< another process has taken it over meanwhile
  };
  /// Those that have ended since the last call. Each is to be settled.
  std::vector<Ended> ended();
  /// After what its end means has been written down: makes it known to the others.
  void settle(const Ended& ended);
  /// Asks all that run to stop; what has no result then has not failed.
  void stop();
  /// Returns when one has ended, or after 20 ms.
  void wait() const;

 private:
  struct Running {
    std::size_t number;
    Job job;
  };
  bool take(const Job& job);

  const std::size_t slots_;
  Claims* const claims_;
  bool stopping_ = false;
  std::map<pid_t, Running> running_;
  std::map<std::size_t, Job> unsettled_;
};

}  // namespace kirchhoff
