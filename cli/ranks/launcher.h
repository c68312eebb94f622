#pragma once

#include <memory>
#include <string>

#include "base/job_runner.h"
#include "cli/options/options.h"
#include "cli/ranks/ranks.h"

namespace kirchhoff::cli {

/// Of commands whose runs are jobs of their own.
inline constexpr const char* kRunsOfRanks =
    "runs are processes of this machine, or of every rank of mpirun";

/// `--launcher`: whose processes share the work of a command: this machine's, or those of all ranks
/// that mpirun has started.
class Launcher {
 public:
  /// `meaning`: what the option's text says that processes share.
  Launcher(Options& options, const std::string& meaning);
  /// Releases the other ranks.
  ~Launcher();
  Launcher(const Launcher&) = delete;
  Launcher& operator=(const Launcher&) = delete;

  /// After Options::parse(): starts MPI where it is wanted. True on a rank that is not the first,
  /// once that has no more work: the command is over there. RunError when the module cannot be
  /// loaded. `slots`: runs at a time of every rank.
  bool serve(std::size_t slots);
  /// The same for a command whose ranks ask and answer questions (cli/ranks/rank_questions.h), but
  /// it only starts MPI: null where that is not wanted.
  Ranks* ranks();
  bool is_mpi() const { return name_ == "mpi"; }
  /// Runs at a time where nobody says how many: one per core, or one per rank.
  int usual_jobs() const { return is_mpi() ? 1 : usable_cores(); }
  /// `claims` may be null.
  std::unique_ptr<JobRunner> runner(std::size_t slots, Claims* claims,
                                    const std::string& claims_folder) const;

 private:
  std::string name_ = "processes";
  std::unique_ptr<Ranks> ranks_;
};

}  // namespace kirchhoff::cli
