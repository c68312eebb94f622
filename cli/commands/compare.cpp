#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/job_runner.h"
#include "base/output_file.h"
#include "base/printable.h"
#include "base/progress.h"
#include "base/provenance.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/commands/compare_plan.h"
#include "cli/commands/search_share.h"
#include "cli/options/hardware_options.h"
#include "cli/options/options.h"
#include "cli/options/search_options.h"
#include "cli/options/workload_options.h"
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
                                           "device",  "adc-exact", "json"};
/// Of those, the ones that the searches get in another form.
const std::set<std::string> kNotForwarded = {"methods", "th",  "seeds",   "budget", "jobs",
                                             "threads", "out", "dataset", "json"};

/// True for a folder that holds no more than a comparison may that was killed before it had written
/// its request.
bool is_unborn(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool empty_part =
        (name == "runs" || name == "logs") && entry.is_directory() && fs::is_empty(entry.path());
    if (!empty_part && !is_output_remnant(name)) return false;
  }
  return true;
}

/// A comparison in its folder.
class Comparison {
 public:
  Comparison(const CompareArguments& arguments, const Options& options,
             const HardwareOptions& hardware, std::vector<report::PlannedRun> wanted);

  /// Those of the runs that were asked for now that have no result yet.
  std::vector<report::PlannedRun> pending() const;
  /// `arguments` of the command are remembered.
  void run(const std::vector<report::PlannedRun>& pending,
           const std::vector<std::string>& arguments);
  /// Writes the CSV files.
  void write() const;
  /// What the user must know at the end; the exit code.
  int tell() const;

 private:
  bool finished(const report::PlannedRun& run) const {
    return fs::exists(folder(run) + "/summary.json");
  }
  std::string folder(const report::PlannedRun& run) const { return a_.out + "/runs/" + run.name(); }
  std::string log(const report::PlannedRun& run) const {
    return a_.out + "/logs/" + run.name() + ".log";
  }
  std::string request_path() const { return a_.out + "/compare.json"; }
  Job job(const report::PlannedRun& run) const;
  report::RunSource source(const report::PlannedRun& run) const;
  void ended(const report::PlannedRun& run, int status);

  const CompareArguments& a_;
  const std::vector<report::PlannedRun> wanted_;
  std::vector<std::string> forwarded_;
  std::size_t at_a_time_ = 1;
  int threads_ = 1;
  report::CompareRequest request_;
  std::vector<report::PlannedRun> failed_;
  FolderLock lock_;
};

Comparison::Comparison(const CompareArguments& arguments, const Options& options,
                       const HardwareOptions& hardware, std::vector<report::PlannedRun> wanted)
    : a_(arguments), wanted_(std::move(wanted)) {
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  at_a_time_ = static_cast<std::size_t>(a_.jobs > 0 ? a_.jobs : cores);
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
  if (fs::exists(folder(run) + "/config.json")) job.arguments.emplace_back("--resume");
  return job;
}

void Comparison::ended(const report::PlannedRun& run, int status) {
  if (finished(run) || stop_requested()) return;
  const std::string reason = error_in_log(log(run));
  // The only th that `search` refuses once its value was found to be a number is one that no
  // policy reaches; that is a property of the chip, the same for every method and seed.
  if (status == 2 && reason.compare(0, 5, "th = ") == 0) {
    request_.unreachable[run.th] = reason;
    write_file_atomically(request_path(), request_.json());
    return;
  }
  failed_.push_back(run);
}

void Comparison::run(const std::vector<report::PlannedRun>& pending,
                     const std::vector<std::string>& arguments) {
  std::error_code error;
  fs::create_directories(a_.out, error);
  if (error) throw RunError(fmt::format("{}: cannot create: {}", a_.out, error.message()));
  lock_.take(a_.out, "comparison");
  // First of all: whatever else the folder holds, it is a comparison's then.
  write_file_atomically(request_path(), request_.json());
  for (const char* part : {"/runs", "/logs"}) {
    fs::create_directories(a_.out + part, error);
    if (error)
      throw RunError(fmt::format("{}{}: cannot create: {}", a_.out, part, error.message()));
  }
  if (pending.empty()) return;
  record_session(a_.out, "compare", arguments);

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
    callbacks.waiting = [&](const std::vector<std::size_t>& running) {
      std::vector<std::string> names;
      double under_way = 0.0;
      for (const std::size_t job : running) {
        names.push_back(pending[job].name());
        under_way += shares[job].now();
      }
      line.update(done, fmt::format("{}", fmt::join(names, " ")), under_way);
    };
    LocalProcesses(at_a_time_).run(jobs, callbacks);
    line.update(done, failed_.empty() ? "" : fmt::format("{} failed", failed_.size()));
  }
  if (stop_requested()) {
    write();
    throw Stopped(fmt::format("stopped after {} of {} runs; the same command continues {}", done,
                              wanted_.size(), a_.out));
  }
}

report::RunSource Comparison::source(const report::PlannedRun& run) const {
  report::RunSource source{quant::find_network(a_.workload.network).name,
                           a_.workload.dataset,
                           run.method,
                           run.th,
                           run.seed,
                           folder(run),
                           "unfinished",
                           ""};
  const auto unreachable = request_.unreachable.find(run.th);
  if (unreachable != request_.unreachable.end()) {
    source.status = "unreachable";
    source.reason = unreachable->second;
  } else if (std::find(failed_.begin(), failed_.end(), run) != failed_.end()) {
    source.status = "failed";
    source.reason = error_in_log(log(run));
  }
  return source;
}

void Comparison::write() const {
  std::vector<report::RunSource> sources;
  for (const report::PlannedRun& run : request_.runs) sources.push_back(source(run));
  report::Study study;
  study.collect(sources);
  write_file_atomically(a_.out + "/runs.csv", study.runs.to_text());
  write_file_atomically(a_.out + "/episodes.csv", study.episodes.to_text());
  write_file_atomically(a_.out + "/times.csv", study.times.to_text());
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
  options.text("seeds", a.seeds, "1..5,7,…", "methods without chance run with the smallest only");
  options.integer("budget", a.search.episodes, 1, agent::kMaxEpisodes,
                  "policies that each run tries");
  options.integer("jobs", a.jobs, 0, 1024,
                  "runs at a time; 0 = one per core. Without --threads they share the cores");
  options.output_folder("out", a.out, "folder of the comparison; what it holds is not run again");
  options.require("out");
  options.json_output(a.json, "the tables");
  options.section("Search");
  declare_search_settings(options, a);
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  demand_files(a);
  settle_workload(options, a.workload);
  settle_search_settings(options, a);
  weigh_by_limit(a, hardware);
  hardware.load();
  const auto methods = parse_methods("methods", a.methods);
  const auto thresholds = parse_thresholds("th", a.thresholds);
  const auto wanted = plan_runs(methods, thresholds, parse_seeds("seeds", a.seeds));
  a.search.validate();

  Comparison comparison(a, options, hardware, wanted);
  const std::vector<report::PlannedRun> pending = comparison.pending();
  if (!pending.empty()) check_workload(a, hardware);
  comparison.run(pending, arguments);
  comparison.write();
  report::print_report({a.out}, a.out + "/report", a.json);
  return comparison.tell();
}

}  // namespace kirchhoff::cli
