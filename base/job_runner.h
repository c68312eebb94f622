#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace kirchhoff {

class Claims;

/// One more run of this program, or of another one. A chip is elaborated once per process, so
/// whatever needs several of them needs several processes.
struct Job {
  std::vector<std::string> arguments;  ///< from the subcommand on
  std::string log;                     ///< file that gets both of its outputs
  std::string program{};               ///< path of another program; empty: this one
  std::string name{};                  ///< of its claim, where claims are made
  std::string result{};                ///< file that is there once it is done
  /// Where the file is there when the job starts, "--resume" is added to the arguments. The job
  /// works alone in the file's folder.
  std::string resumed_by{};
};

struct JobCallbacks {
  /// Asked just before a job would start; false leaves it out. May be empty.
  std::function<bool(std::size_t job)> wanted;
  /// `status`: the exit code, or 128 + the signal that ended it. May be empty.
  std::function<void(std::size_t job, int status)> finished;
  /// Called instead of finished() for a job that another process has, or has had. May be empty.
  std::function<void(std::size_t job)> elsewhere;
  /// Every now and then, with the jobs that run. May be empty.
  std::function<void(const std::vector<std::size_t>& running)> waiting;
};

/// Runs jobs somewhere: as processes of this machine (LocalProcesses), or wherever else one is
/// written for.
class JobRunner {
 public:
  virtual ~JobRunner() = default;
  /// Runs the jobs in their order, some at a time, and returns when all are done. When a stop is
  /// asked for, the running ones are asked to stop, too, and no others start. RunError when a job
  /// cannot be started or a log cannot be written.
  virtual void run(const std::vector<Job>& jobs, const JobCallbacks& callbacks) = 0;
};

/// Processes of this machine, so many at a time. If this process dies, so do they.
class LocalProcesses final : public JobRunner {
 public:
  /// With `claims` a job is run only when it can be taken, and its end is told there.
  explicit LocalProcesses(std::size_t at_a_time, Claims* claims = nullptr)
      : at_a_time_(at_a_time), claims_(claims) {}
  /// One per core that this process may use.
  LocalProcesses();
  void run(const std::vector<Job>& jobs, const JobCallbacks& callbacks) override;

 private:
  const std::size_t at_a_time_;
  Claims* const claims_;
};

/// Cores that this process may use: as many as the machine has, unless a batch system or `taskset`
/// gives it fewer. At least 1.
int usable_cores();

/// Where the shell would find a program; empty when it would not.
std::string find_program(const std::string& name);

/// What a run of this program ended with: the text of its last line "kirchhoff: error: …" in the
/// log; empty without one.
std::string error_in_log(const std::string& path);
/// The last line with something in it, for a run that did not come to say what was wrong; empty
/// without one.
std::string last_line_of_log(const std::string& path);

}  // namespace kirchhoff
