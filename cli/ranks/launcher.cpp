#include "cli/ranks/launcher.h"

#include "base/progress.h"
#include "cli/ranks/rank_jobs.h"
#include "cosim/module_entry.h"

namespace kirchhoff::cli {

Launcher::Launcher(Options& options, const std::string& meaning) {
  options.choice("launcher", name_, {"processes", "mpi"}, meaning);
  options.advanced("launcher");
}

Launcher::~Launcher() {
  if (ranks_ && ranks_->rank() == 0) release_ranks(*ranks_);
}

Ranks* Launcher::ranks() {
  if (!is_mpi()) return nullptr;
  const auto start = reinterpret_cast<RanksEntry*>(
      cosim::module_entry("kirchhoff_mpi.so", kRanksEntry, "MPI, which --launcher mpi needs"));
  ranks_.reset(start());
  if (ranks_->rank() != 0) Progress::silence();
  return ranks_.get();
}

bool Launcher::serve(std::size_t slots) {
  const Ranks* const all = ranks();
  if (all == nullptr || all->rank() == 0) return false;
  serve_rank(*ranks_, slots);
  return true;
}

std::unique_ptr<JobRunner> Launcher::runner(std::size_t slots, Claims* claims,
                                            const std::string& claims_folder) const {
  if (ranks_) return std::make_unique<RankJobs>(*ranks_, slots, claims, claims_folder);
  return std::make_unique<LocalProcesses>(slots, claims);
}

}  // namespace kirchhoff::cli
