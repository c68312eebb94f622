#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/claims.h"
#include "base/error.h"
#include "base/job_runner.h"
#include "base/output_file.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/commands/compare_plan.h"
#include "cli/commands/search_share.h"
#include "cli/commands/shared_folder.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/search_options.h"
#include "cli/options/shard_option.h"
#include "cli/options/workload_options.h"
#include "cli/ranks/launcher.h"
#include "cosim/table_cost_model.h"
#include "quant/network/networks.h"
#include "report/report.h"
#include "report/request.h"
#include "report/study.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

struct CompareArguments : SearchSettings {
  std::string methods = kAllMethods, thresholds = "0.7,0.8", seeds = "1..5", out, json;
  int jobs = 0;
};

/// Options of `compare` itself and those that only say where things are: no settings of a run.
const std::set<std::string> kNoSettings = {"methods", "th",        "seeds",  "jobs",   "threads",
                                           "out",     "data-dir",  "preset", "config", "quiet",
                                           "device",  "adc-exact", "json",   "shard",  "launcher"};
/// Of those, the ones that the searches get in another form.
const std::set<std::string> kNotForwarded = {"methods", "th",      "seeds",   "budget",
                                             "jobs",    "threads", "out",     "dataset",
                                             "json",    "shard",   "launcher"};

std::size_t runs_at_a_time(const CompareArguments& a, const Launcher& launcher) {
  return static_cast<std::size_t>(a.jobs > 0 ? a.jobs : launcher.usual_jobs());
}

/// True for a folder that holds no more than a comparison may that was killed before it had written
/// its request.
bool is_unborn(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool empty_part =
        (name == "runs" || name == "logs") && entry.is_directory() && fs::is_empty(entry.path());
    const bool claims = name == "claims" && is_claims_folder(entry.path().string());
    if (!empty_part && !claims && !is_output_remnant(name)) return false;
  }
  return true;
}

/// A comparison in its folder.
class Comparison {
 public:
  Comparison(const CompareArguments& arguments, const Options& options,
             const HardwareOptions& hardware, const Launcher& launcher, std::optional<Shard> shard,
             std::vector<report::PlannedRun> wanted);

  /// Those of the runs that were asked for now that have no result yet.
  std::vector<report::PlannedRun> pending() const;
  /// `arguments` of the command are remembered.
  void run(const std::vector<report::PlannedRun>& pending,
           const std::vector<std::string>& arguments);
  /// Writes and prints the tables, once all is done; what the user must know at the end is the exit
  /// code.
  int finish();

 private:
  /// Takes over what the folder has by now, and writes it down with what was asked for now.
  void store_request();
  bool settled(const report::PlannedRun& run) const {
    return finished(run) || request_.unreachable.count(run.th) > 0 || has_failed(run);
  }
  bool has_failed(const report::PlannedRun& run) const {
    return std::find(failed_.begin(), failed_.end(), run) != failed_.end();
  }
  /// Writes the CSV files.
  void write() const;
  int tell() const;
  /// Of a shard that is not the last one.
  int tell_of_others(const SeenClaims& seen) const;

  bool finished(const report::PlannedRun& run) const {
    return fs::exists(folder(run) + "/summary.json");
  }
  std::string folder(const report::PlannedRun& run) const { return a_.out + "/runs/" + run.name(); }
  std::string log(const report::PlannedRun& run) const {
    return a_.out + "/logs/" + run.name() + ".log";
  }
  std::string request_path() const { return a_.out + "/compare.json"; }
  Job job(const report::PlannedRun& run) const;
  void ended(const report::PlannedRun& run, int status);

  const CompareArguments& a_;
  const std::vector<report::PlannedRun> wanted_;
  std::vector<std::string> forwarded_;
  std::size_t at_a_time_ = 1;
  int threads_ = 1;
  report::CompareRequest request_;
  std::vector<report::PlannedRun> failed_;
  const Launcher& launcher_;
  SharedFolder folder_;
};

Comparison::Comparison(const CompareArguments& arguments, const Options& options,
                       const HardwareOptions& hardware, const Launcher& launcher,
                       std::optional<Shard> shard, std::vector<report::PlannedRun> wanted)
    : a_(arguments),
      wanted_(std::move(wanted)),
      launcher_(launcher),
      folder_(arguments.out, "comparison", shard) {
  const int cores = usable_cores();
  at_a_time_ = runs_at_a_time(a_, launcher);
  threads_ = a_.threads > 0 ? a_.threads : std::max(1, cores / static_cast<int>(at_a_time_));
  for (const auto& [name, words] : options.given_words()) {
    if (kNotForwarded.count(name) == 0) {
      forwarded_.insert(forwarded_.end(), words.begin(), words.end());
    }
  }
  std::set<std::string> of_the_chip;
  for (const hw::ConfigEntry& entry : hardware.loader().entries()) of_the_chip.insert(entry.key);
  for (const hw::ConfigEntry& entry : hardware.loader().settings()) {
    request_.hardware[entry.key] = entry.value;
  }
  for (const auto& [name, value] : options.values()) {
    if (agent::is_unsaid(name, value)) continue;  // as in config.json
    if (kNoSettings.count(name) == 0 && of_the_chip.count(name) == 0) {
      request_.settings[name] = value;
    }
  }
  request_.runs = wanted_;
  std::sort(request_.runs.begin(), request_.runs.end());

  if (fs::exists(request_path())) {
    request_.merge(report::CompareRequest::load(request_path()), request_path());
  } else if (fs::exists(a_.out) && !is_unborn(a_.out)) {
    refuse_option("out", a_.out, "holds something else than a comparison");
  }
}

std::vector<report::PlannedRun> Comparison::pending() const {
  std::vector<report::PlannedRun> runs;
  for (const report::PlannedRun& run : wanted_) {
    if (!finished(run) && request_.unreachable.count(run.th) == 0) runs.push_back(run);
  }
  return runs;
}

Job Comparison::job(const report::PlannedRun& run) const {
  Job job{{"search"}, log(run)};
  job.arguments.insert(job.arguments.end(), forwarded_.begin(), forwarded_.end());
  for (const std::string& word :
       {"--dataset=" + a_.workload.dataset, "--method=" + run.method,
        fmt::format("--th={}", run.th), fmt::format("--seed={}", run.seed),
        fmt::format("--episodes={}", a_.search.episodes), fmt::format("--threads={}", threads_),
        "--out=" + folder(run)}) {
    job.arguments.push_back(word);
  }
  job.name = run.name();
  job.result = folder(run) + "/summary.json";
  job.resumed_by = folder(run) + "/config.json";
  return job;
}

void Comparison::ended(const report::PlannedRun& run, int status) {
  if (finished(run) || stop_requested()) return;
  const std::string reason = error_in_log(log(run));
  // The only th that `search` refuses once its value was found to be a number is one that no
  // policy reaches; that is a property of the chip, the same for every method and seed.
  if (status == 2 && reason.compare(0, 5, "th = ") == 0) {
    request_.unreachable[run.th] = reason;
    store_request();
    return;
  }
  failed_.push_back(run);
}

void Comparison::store_request() {
  folder_.change([&] {
    std::string stored;
    if (folder_.shared() && fs::exists(request_path())) {
      const auto earlier = report::CompareRequest::load(request_path());
      stored = earlier.json();
      request_.merge(earlier, request_path());
    }
    if (const std::string now = request_.json(); now != stored)
      write_file_atomically(request_path(), now);
  });
}

void Comparison::run(const std::vector<report::PlannedRun>& pending,
                     const std::vector<std::string>& arguments) {
  folder_.open();
  // First of all: whatever else the folder holds, it is a comparison's then.
  store_request();
  std::error_code error;
  for (const char* part : {"/runs", "/logs"}) {
    fs::create_directories(a_.out + part, error);
    if (error)
      throw RunError(fmt::format("{}{}: cannot create: {}", a_.out, part, error.message()));
  }
  if (pending.empty()) return;
  folder_.record("compare", arguments);

  std::vector<Job> jobs;
  std::vector<SearchShare> shares;
  for (const report::PlannedRun& run : pending) {
    jobs.push_back(job(run));
    shares.emplace_back(folder(run), a_.search.episodes);
  }
  std::size_t done = wanted_.size() - pending.size();
  {
    Progress line("compare", "runs", wanted_.size(), done);
    JobCallbacks callbacks;
    callbacks.wanted = [&](std::size_t job) {
      const bool wanted = request_.unreachable.count(pending[job].th) == 0;
      if (!wanted) ++done;
      return wanted;
    };
    callbacks.finished = [&](std::size_t job, int status) {
      ended(pending[job], status);
      if (!stop_requested()) ++done;
    };
    callbacks.elsewhere = [&](std::size_t) { ++done; };
    callbacks.waiting = [&](const std::vector<std::size_t>& running) {
      std::vector<std::string> names;
      double under_way = 0.0;
      for (const std::size_t job : running) {
        names.push_back(pending[job].name());
        under_way += shares[job].now();
      }
      line.update(done, fmt::format("{}", fmt::join(names, " ")), under_way);
    };
    folder_.run(
        jobs,
        [&](Claims* claims) {
          return launcher_.runner(at_a_time_, claims, SharedFolder::claims_path(a_.out));
        },
        callbacks);
    line.update(done, failed_.empty() ? "" : fmt::format("{} failed", failed_.size()));
  }
  if (stop_requested()) {
    if (!folder_.shared()) write();
    throw Stopped(fmt::format("stopped after {} of {} runs; the same command continues {}", done,
                              wanted_.size(), a_.out));
  }
}

void Comparison::write() const {
  std::map<std::string, std::string> failed;
  for (const report::PlannedRun& run : failed_) failed[run.name()] = error_in_log(log(run));
  const report::Study study = report::collect_comparison(a_.out, request_, failed);
  write_file_atomically(a_.out + "/runs.csv", study.runs.to_text());
  write_file_atomically(a_.out + "/episodes.csv", study.episodes.to_text());
  write_file_atomically(a_.out + "/times.csv", study.times.to_text());
}

int Comparison::finish() {
  if (folder_.shared()) {
    store_request();
    const SeenClaims seen = folder_.seen();
    for (const report::PlannedRun& run : request_.runs) {
      if (!finished(run) && !has_failed(run) && seen.failed.count(run.name()) > 0 &&
          request_.unreachable.count(run.th) == 0)
        failed_.push_back(run);
    }
    const bool all = std::all_of(request_.runs.begin(), request_.runs.end(),
                                 [&](const report::PlannedRun& run) { return settled(run); });
    if (!all || !folder_.is_teller()) return tell_of_others(seen);
  }
  write();
  report::print_report({a_.out}, a_.out + "/report", a_.json);
  folder_.change([&] {
    if (failed_.empty()) folder_.clear();
  });
  return tell();
}

int Comparison::tell_of_others(const SeenClaims& seen) const {
  std::size_t done = 0;
  for (const report::PlannedRun& run : request_.runs) done += settled(run) ? 1 : 0;
  fmt::print("{}: {} of {} runs are done; the last shard makes the tables, or kirchhoff report\n",
             a_.out, done, request_.runs.size());
  for (const SeenClaim& claim : seen.held) {
    const bool run = std::any_of(request_.runs.begin(), request_.runs.end(),
                                 [&](const auto& one) { return one.name() == claim.name; });
    if (run)
      fmt::print("  {}: {}, process {} on {}\n", claim.name,
                 claim.alive ? claim.holder.part : "nobody any more", claim.holder.pid,
                 claim.holder.host);
  }
  return failed_.empty() ? 0 : tell();
}

int Comparison::tell() const {
  for (const auto& [th, reason] : request_.unreachable) {
    const bool asked =
        std::any_of(wanted_.begin(), wanted_.end(),
                    [th = th](const report::PlannedRun& run) { return run.th == th; });
    if (!asked) continue;
    fmt::print(stderr, "kirchhoff: warning: no runs at {}\n", printable(reason));
  }
  const bool none = std::all_of(wanted_.begin(), wanted_.end(), [&](const report::PlannedRun& run) {
    return request_.unreachable.count(run.th) != 0;
  });
  if (none) throw InputError("every th is below the reachable floor");
  if (failed_.empty()) return 0;
  std::vector<std::string> lines;
  for (const report::PlannedRun& run : failed_) {
    const std::string reason = error_in_log(log(run));
    lines.push_back(fmt::format("  {}: {}", log(run), reason.empty() ? "no message" : reason));
  }
  throw RunError(fmt::format("{} of {} runs failed; the same command tries them again\n{}",
                             failed_.size(), wanted_.size(), fmt::join(lines, "\n")));
}

/// Every search reads these again; what came out of a pipe is gone by then.
void demand_files(const CompareArguments& a) {
  for (const auto& [option, path] :
       {std::pair<const char*, const std::string&>("network", a.workload.network),
        {"weights", a.workload.weights},
        {"cost-table", a.cost_table}}) {
    std::error_code error;
    const auto type = fs::status(path, error).type();
    if (type == fs::file_type::fifo || type == fs::file_type::character) {
      refuse_option(option, path, "must be a file: every search of the comparison reads it");
    }
  }
}

/// Everything that would make each of the runs fail, and what they would all do at the same time:
/// calibrating the clips that the cache does not have yet.
void check_workload(const CompareArguments& a, const HardwareOptions& hardware) {
  if (!a.cost_table.empty()) {
    const sim::CostTable table = cosim::load_cost_table(
        a.cost_table, quant::find_network(a.workload.network), hardware.loader());
    cosim::refuse_limit(table, a.cost_table, agent::limit_of(a.search.limit));
  }
  cosim::Workload workload = cosim::load_workload(a.workload);
  if (a.validation_images > workload.validation().size()) {
    refuse_option("validation-images", fmt::format("{}", a.validation_images),
                  fmt::format("the validation split has {}", workload.validation().size()));
  }
}

}  // namespace

int compare_command(const std::vector<std::string>& arguments) {
  CompareArguments a;
  Options options("compare",
                  "Runs a search for every method, threshold and seed, each as a process of its "
                  "own, and tabulates them. The same command continues after an interruption.");
  options.example("kirchhoff compare --methods ppo,ilp --th 0.8 --seeds 1..2 --out study");
  declare_workload_options(options, a.workload);
  options.section("Comparison");
  options.text("methods", a.methods, "A,B,…",
               fmt::format("{}, or of {}", kAllMethods, fmt::join(agent::search_methods(), ", ")));
  options.text("th", a.thresholds, "X,Y,…", "largest costs that are allowed, as ratios to W8A8");
  options.text("seeds", a.seeds, "1..5,7,…", "methods without chance: the smallest");
  options.integer("budget", a.search.episodes, 1, agent::kMaxEpisodes,
                  "policies that each run tries");
  options.integer("jobs", a.jobs, 0, 1024,
                  "runs at a time, with mpi of every rank; 0 = one per core");
  options.output_folder("out", a.out, "folder of the comparison; what it holds is not run again");
  options.require("out");
  const ShardOption shard(options);
  Launcher launcher(options, kRunsOfRanks);
  options.json_output(a.json, "the tables");
  options.section("Search");
  declare_search_settings(options, a);
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  if (launcher.serve(runs_at_a_time(a, launcher))) return 0;
  demand_files(a);
  settle_workload(options, a.workload);
  settle_search_settings(options, a);
  weigh_by_limit(a, hardware);
  hardware.load();
  const auto methods = parse_methods("methods", a.methods);
  const auto thresholds = parse_thresholds("th", a.thresholds);
  const std::optional<Shard> part = shard.shard();
  const auto wanted = plan_runs(methods, thresholds, parse_seeds("seeds", a.seeds));
  a.search.validate();

  Comparison comparison(a, options, hardware, launcher, part, wanted);
  const std::vector<report::PlannedRun> pending = comparison.pending();
  if (!pending.empty()) check_workload(a, hardware);
  comparison.run(pending, arguments);
  return comparison.finish();
}

}  // namespace kirchhoff::cli
