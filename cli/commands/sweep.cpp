#include "report/sweep.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/claims.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/job_runner.h"
#include "base/output_file.h"
#include "base/progress.h"
#include "base/refusal.h"
#include "base/stop_request.h"
#include "cli/commands/command.h"
#include "cli/commands/shared_folder.h"
#include "cli/commands/sweep_plan.h"
#include "cli/options/hardware_options.h"
#include "cli/options/named_policy.h"
#include "cli/options/options.h"
#include "cli/options/shard_option.h"
#include "cli/ranks/launcher.h"
#include "cosim/workload.h"
#include "mapping/mapping.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"
#include "report/sweep_tables.h"
#include "sim/simulator.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;
using report::SweepPoint;

struct SweepArguments {
  std::vector<std::string> networks, policies, keys;
  std::string out, json, dataset, data_dir;
  std::size_t images = 1, accuracy_images = 0;
  bool accuracy = false;
  int jobs = 0, threads = 0;
};

/// Options of `sweep` itself, and those that only say where things are: no settings of a point.
const std::set<std::string> kNoSettings = {"network",  "policy", "key",     "jobs",   "threads",
                                           "out",      "json",   "preset",  "config", "quiet",
                                           "data-dir", "shard",  "launcher"};

std::size_t runs_at_a_time(const SweepArguments& a, const Launcher& launcher) {
  return static_cast<std::size_t>(a.jobs > 0 ? a.jobs : launcher.usual_jobs());
}

/// True for a folder that holds no more than a sweep may that was killed before it had written its
/// request.
bool is_unborn(const std::string& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    const bool claims = name == "claims" && is_claims_folder(entry.path().string());
    if (!claims && !is_output_remnant(name)) return false;
  }
  return true;
}

/// A run of this program that a result comes from.
struct Work {
  Job job;
  std::string name;           ///< of its log
  std::string result;         ///< the file that it writes
  const SweepPoint* point{};  ///< null: a measurement of accuracy
};

/// A sweep in its folder.
class SweepRun {
 public:
  SweepRun(const SweepArguments& arguments, const Options& options, const HardwareOptions& hardware,
           const Launcher& launcher, std::optional<Shard> shard);

  /// Points whose chip or mapping cannot be are refused here; what measures their accuracy is
  /// named.
  void check_points();
  /// `arguments` of the command are remembered.
  void run(const std::vector<std::string>& arguments);
  /// Writes and prints the tables, once all is done; what the user must know at the end is the exit
  /// code.
  int finish();

 private:
  int tell() const;
  /// Of a shard that is not the last one.
  int tell_of_others() const;
  /// Takes over what the folder has by now, and writes it down with what was asked for now.
  void store_request();
  /// Whether every point has a result, or will have none.
  bool settled() const;
  /// Ends with an error when runs have failed.
  void throw_failures() const;
  std::string request_path() const { return report::sweep_request_file(a_.out); }
  std::string log(const std::string& name) const { return a_.out + "/logs/" + name + ".log"; }
  std::vector<std::string> hardware_words(const SweepPoint& point) const;
  void name_accuracy(const hw::ChipConfig& chip, const quant::Network& network, SweepPoint& point);
  Work simulation(const SweepPoint& point) const;
  Work measurement(const SweepPoint& point) const;
  std::vector<Work> pending() const;
  void create_folders() const;
  void ended(const Work& work, int status);
  report::Sweep write() const;

  const SweepArguments& a_;
  const HardwareOptions& hardware_;
  const std::vector<SweptAxis> axes_;
  std::vector<std::string> hardware_given_;  ///< words of the command line about the chip
  std::size_t at_a_time_ = 1;
  int threads_ = 1;
  report::SweepRequest request_;
  std::set<std::string> wanted_;  ///< points that were asked for now
  /// Of accuracies whose golden inference has the converters in it: by name.
  std::set<std::string> converted_;
  std::map<std::string, std::string> failed_;  ///< results by their log's name
  const Launcher& launcher_;
  SharedFolder folder_;
};

SweepRun::SweepRun(const SweepArguments& arguments, const Options& options,
                   const HardwareOptions& hardware, const Launcher& launcher,
                   std::optional<Shard> shard)
    : a_(arguments),
      hardware_(hardware),
      axes_(parse_axes(arguments.keys, hardware)),
      launcher_(launcher),
      folder_(arguments.out, "sweep", shard) {
  const int cores = usable_cores();
  at_a_time_ = runs_at_a_time(a_, launcher);
  threads_ = a_.threads > 0 ? a_.threads : std::max(1, cores / static_cast<int>(at_a_time_));
  std::set<std::string> of_the_chip;
  for (const hw::ConfigEntry& entry : hardware.loader().entries()) of_the_chip.insert(entry.key);
  for (const auto& [name, words] : options.given_words()) {
    if (of_the_chip.count(name) > 0 || name == "preset" || name == "config")
      hardware_given_.insert(hardware_given_.end(), words.begin(), words.end());
  }
  for (const hw::ConfigEntry& entry : hardware.loader().settings())
    request_.hardware[entry.key] = entry.value;
  for (const auto& [name, value] : options.values()) {
    if (kNoSettings.count(name) == 0 && of_the_chip.count(name) == 0)
      request_.settings[name] = value;
  }
  for (const SweptAxis& swept : axes_) request_.axes.push_back(swept.axis);
  request_.points = plan_points(a_.networks, a_.policies, axes_);
  for (const SweepPoint& point : request_.points) wanted_.insert(point.name());
}

void SweepRun::check_points() {
  std::map<std::string, quant::Network> networks;
  std::map<std::pair<std::string, std::string>, quant::Policy> policies;
  for (const std::string& name : a_.networks) {
    const quant::Network& network = networks.emplace(name, quant::find_network(name)).first->second;
    for (const std::string& policy : a_.policies)
      policies[{name, policy}] = read_named_policy(policy, network, name, "");
    if (!a_.accuracy) continue;
    // What every measurement would fail at, and the clips that they would all calibrate at once.
    cosim::WorkloadOptions workload;
    workload.network = name;
    workload.dataset = a_.dataset.empty() ? quant::default_dataset(network) : a_.dataset;
    if (!a_.data_dir.empty()) workload.data_dir = a_.data_dir;
    const std::size_t images = cosim::load_workload(workload).validation().size();
    if (a_.accuracy_images > images) {
      refuse_option("accuracy-images", fmt::format("{}", a_.accuracy_images),
                    fmt::format("the validation split of {} has {}", name, images));
    }
  }
  Progress line("sweep", "points checked", request_.points.size());
  line.wait(std::chrono::milliseconds(500));
  std::size_t checked = 0;
  for (SweepPoint& point : request_.points) {
    give_up_if_stopped();
    const quant::Network& network = networks.at(point.network);
    try {
      const auto loader = hardware_.with(preset_of(point), keys_of(point, axes_));
      const hw::ChipConfig& chip = loader->finish();
      mapping::map_network(network, policies.at({point.network, point.policy}), chip);
      if (a_.accuracy) name_accuracy(chip, network, point);
    } catch (const InputError& error) {
      request_.refused[point.name()] = error.what();
    }
    line.update(++checked, "");
  }
  line.finish();
  if (fs::exists(request_path())) {
    request_.merge(report::SweepRequest::load(request_path()), request_path());
  } else if (fs::exists(a_.out) && !is_unborn(a_.out)) {
    refuse_option("out", a_.out, "holds something else than a sweep");
  }
}

/// Points on whose chips the same integers flow share a measurement: those without a loss in the
/// converters and with ideal cells, and those of equal converters, blocks and cells.
void SweepRun::name_accuracy(const hw::ChipConfig& chip, const quant::Network& network,
                             SweepPoint& point) {
  std::string text = point.network + "\n" + point.policy;
  const auto adc = sim::Simulator::adc_model(chip, network);
  if (adc) {
    text += fmt::format("\n{} {} {} {} {} {} {} {}", adc->bits, adc->lsb, adc->block_rows,
                        adc->block_columns, static_cast<int>(adc->grouped), adc->cell_bits,
                        adc->offset, adc->unit_column);
    if (adc->cells) text += fmt::format(" {} {}", adc->sign_slice, chip.tile.pe.deviations());
    if (adc->real_converters > 0) {
      text += fmt::format(" {} {}", adc->real_converters,
                          hw::kAdcKindNames[static_cast<int>(chip.tile.pe.adc.kind)]);
    }
  }
  SweepPoint same{point.network, text, {}, ""};
  point.accuracy = same.name();
  if (adc) converted_.insert(point.accuracy);
}

std::vector<std::string> SweepRun::hardware_words(const SweepPoint& point) const {
  std::vector<std::string> words = hardware_given_;
  if (const std::string preset = preset_of(point); !preset.empty())
    words.push_back("--preset=" + preset);
  for (const auto& [key, value] : keys_of(point, axes_))
    words.push_back(fmt::format("--{}={}", key, value));
  return words;
}

Work SweepRun::simulation(const SweepPoint& point) const {
  Work work;
  work.name = point.name();
  work.result = report::sweep_report_file(a_.out, point);
  work.point = &point;
  work.job = {{"simulate", "--timing-only", "--quiet", "--network=" + point.network,
               "--policy=" + point.policy, "--json=" + work.result},
              log(work.name)};
  if (a_.images > 1) {
    work.job.arguments.emplace_back("--stream");
    work.job.arguments.push_back(fmt::format("--images={}", a_.images));
  }
  for (const std::string& word : hardware_words(point)) work.job.arguments.push_back(word);
  work.job.name = work.name;
  work.job.result = work.result;
  return work;
}

Work SweepRun::measurement(const SweepPoint& point) const {
  Work work;
  work.name = "accuracy-" + point.accuracy;
  work.result = report::sweep_accuracy_file(a_.out, point.accuracy);
  work.job = {{"evaluate", "--quiet", "--network=" + point.network, "--policy=" + point.policy,
               fmt::format("--threads={}", threads_), "--json=" + work.result},
              log(work.name)};
  std::vector<std::string>& words = work.job.arguments;
  if (!a_.dataset.empty()) words.push_back("--dataset=" + a_.dataset);
  if (!a_.data_dir.empty()) words.push_back("--data-dir=" + a_.data_dir);
  if (a_.accuracy_images > 0) words.push_back(fmt::format("--images={}", a_.accuracy_images));
  if (converted_.count(point.accuracy) > 0) {
    words.emplace_back("--adc-exact");
    for (const std::string& word : hardware_words(point)) words.push_back(word);
  }
  work.job.name = work.name;
  work.job.result = work.result;
  return work;
}

std::vector<Work> SweepRun::pending() const {
  std::vector<Work> all;
  std::set<std::string> measured;
  for (const SweepPoint& point : request_.points) {
    if (wanted_.count(point.name()) == 0 || request_.refused.count(point.name()) > 0) continue;
    if (!fs::exists(report::sweep_report_file(a_.out, point))) all.push_back(simulation(point));
    if (point.accuracy.empty() || !measured.insert(point.accuracy).second) continue;
    if (!fs::exists(report::sweep_accuracy_file(a_.out, point.accuracy)))
      all.push_back(measurement(point));
  }
  return all;
}

void SweepRun::create_folders() const {
  std::error_code error;
  fs::create_directories(a_.out, error);
  for (const char* part : {"/points", "/accuracy", "/logs"}) {
    if (!error) fs::create_directories(a_.out + part, error);
  }
  if (error) throw RunError(fmt::format("{}: cannot create: {}", a_.out, error.message()));
}

void SweepRun::ended(const Work& work, int status) {
  if (fs::exists(work.result) || stop_requested()) return;
  const std::string reason = error_in_log(log(work.name));
  // Its configuration and mapping were taken, and its options are ours: what the program refuses
  // now is what only the assembled chip knows.
  if (status == 2 && work.point != nullptr) {
    request_.refused[work.name] = reason;
    store_request();
    return;
  }
  failed_[work.name] = reason.empty() ? "no message" : reason;
}

void SweepRun::store_request() {
  folder_.change([&] {
    std::string stored;
    if (folder_.shared() && fs::exists(request_path())) {
      const auto earlier = report::SweepRequest::load(request_path());
      stored = earlier.json();
      request_.merge(earlier, request_path());
    }
    if (const std::string now = request_.json(); now != stored)
      write_file_atomically(request_path(), now);
  });
}

void SweepRun::run(const std::vector<std::string>& arguments) {
  folder_.open();
  // First of all: whatever else the folder holds, it is a sweep's then.
  store_request();
  create_folders();
  const std::vector<Work> works = pending();
  if (works.empty()) return;
  folder_.record("sweep", arguments);
  std::vector<Job> jobs;
  for (const Work& work : works) jobs.push_back(work.job);
  std::size_t done = 0;
  {
    Progress line("sweep", "runs", works.size());
    JobCallbacks callbacks;
    callbacks.wanted = [](std::size_t) { return true; };
    callbacks.finished = [&](std::size_t job, int status) {
      ended(works[job], status);
      if (!stop_requested()) ++done;
    };
    callbacks.elsewhere = [&](std::size_t) { ++done; };
    callbacks.waiting = [&](const std::vector<std::size_t>&) {
      line.update(done, failed_.empty() ? "" : fmt::format("{} failed", failed_.size()));
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
                              works.size(), a_.out));
  }
}

report::Sweep SweepRun::write() const {
  std::map<std::string, std::string> failed = failed_;
  for (const SweepPoint& point : request_.points) {
    const auto measurement = failed_.find("accuracy-" + point.accuracy);
    if (measurement != failed_.end()) failed.emplace(point.name(), measurement->second);
  }
  report::Sweep sweep = report::collect_sweep(a_.out, request_, failed);
  write_file_atomically(a_.out + "/points.csv", sweep.points.to_text());
  write_file_atomically(a_.out + "/points.json", sweep.json());
  return sweep;
}

bool SweepRun::settled() const {
  return std::all_of(request_.points.begin(), request_.points.end(), [&](const SweepPoint& point) {
    const auto has = [&](const std::string& name, const std::string& file) {
      return failed_.count(name) > 0 || fs::exists(file);
    };
    if (request_.refused.count(point.name()) > 0) return true;
    return has(point.name(), report::sweep_report_file(a_.out, point)) &&
           (point.accuracy.empty() ||
            has("accuracy-" + point.accuracy, report::sweep_accuracy_file(a_.out, point.accuracy)));
  });
}

int SweepRun::finish() {
  if (folder_.shared()) {
    store_request();
    for (const std::string& name : folder_.seen().failed) {
      if (request_.refused.count(name) > 0 || failed_.count(name) > 0) continue;
      const std::string reason = error_in_log(log(name));
      failed_[name] = reason.empty() ? "no message" : reason;
    }
    if (!settled() || !folder_.is_teller()) return tell_of_others();
  }
  const int code = tell();
  folder_.change([&] { folder_.clear(); });
  return code;
}

int SweepRun::tell_of_others() const {
  std::size_t done = 0;
  for (const SweepPoint& point : request_.points)
    done += fs::exists(report::sweep_report_file(a_.out, point)) ? 1 : 0;
  fmt::print(
      "{}: {} of {} points are simulated; the last shard makes the tables, or kirchhoff "
      "report\n",
      a_.out, done, request_.points.size());
  throw_failures();
  return 0;
}

void SweepRun::throw_failures() const {
  if (failed_.empty()) return;
  std::vector<std::string> lines;
  for (const auto& [name, reason] : failed_)
    lines.push_back(fmt::format("  {}: {}", log(name), reason));
  throw RunError(fmt::format("{} runs failed; the same command tries them again\n{}",
                             failed_.size(), fmt::join(lines, "\n")));
}

int SweepRun::tell() const {
  const report::Sweep sweep = write();
  report::print_sweep(sweep, "", "");
  fmt::print("Points: {}/points.csv, points.json\n", a_.out);
  if (!a_.json.empty()) write_file_atomically(a_.json, sweep.json());
  std::size_t refused = 0;
  for (const std::string& name : wanted_) refused += request_.refused.count(name);
  if (refused == wanted_.size()) {
    throw InputError(fmt::format("all {} points are refused, the first one because: {}", refused,
                                 request_.refused.at(*wanted_.begin())));
  }
  throw_failures();
  return 0;
}

/// Every point reads these again; what came out of a pipe is gone by then.
void demand_files(const SweepArguments& a, const HardwareOptions& hardware) {
  const auto demand = [](const char* option, const std::string& path) {
    std::error_code error;
    const auto type = fs::status(path, error).type();
    if (type == fs::file_type::fifo || type == fs::file_type::character)
      refuse_option(option, path, "must be a file: every point of the sweep reads it");
  };
  for (const std::string& network : a.networks) demand("network", network);
  for (const std::string& policy : a.policies) demand("policy", policy);
  demand("config", hardware.config_file());
}

void refuse_twice(const std::string& option, std::vector<std::string> values) {
  std::sort(values.begin(), values.end());
  const auto twice = std::adjacent_find(values.begin(), values.end());
  if (twice != values.end()) refuse_option(option, *twice, "is there twice");
}

}  // namespace

int sweep_command(const std::vector<std::string>& arguments) {
  SweepArguments a;
  Options options("sweep",
                  "Simulates every combination of networks, policies and values of hardware keys, "
                  "each in a process of its own, and tabulates them. The same command continues "
                  "after an interruption.");
  options.example("kirchhoff sweep --key adc.bits=4..8 --key tile.pes=8,16 --out sweep");
  options.texts("key", a.keys, "KEY=VALUES",
                "values of a key, as a list or a range: 64,128 or 4..8; A+B=… sets both keys, "
                "crossbar.size rows and columns, preset the preset");
  options.texts("policy", a.policies, "POLICY", "of each network; default W8A8");
  options.texts("network", a.networks, "NAME", "default lenet5; or a file");
  options.integer<std::size_t>("images", a.images, 1, 100000,
                               "of a stream; with chip.schedule = pipelined they overlap");
  options.integer("jobs", a.jobs, 0, 1024,
                  "runs at a time, with mpi of every rank; 0 = one per core");
  options.output_folder("out", a.out, "folder of the sweep; what it holds is not run again");
  options.require("out");
  const ShardOption shard(options);
  Launcher launcher(options, kRunsOfRanks);
  options.json_output(a.json, "the points");
  options.section("Accuracy");
  options.flag("accuracy", a.accuracy,
               "measure it, too, with the converters of the chip where they lose something");
  options.integer<std::size_t>("accuracy-images", a.accuracy_images, 0, 1000000,
                               "the first N of the validation split; 0 = all");
  options.text("dataset", a.dataset, "NAME", "default: the one that fits the network");
  options.text("data-dir", a.data_dir, "DIR", "where datasets lie");
  options.integer("threads", a.threads, 0, 1024, "of a measurement; 0 = what is left of the cores");
  HardwareOptions hardware(options);
  if (!options.parse(arguments)) return 0;
  if (launcher.serve(runs_at_a_time(a, launcher))) return 0;
  if (a.networks.empty()) a.networks = {"lenet5"};
  if (a.policies.empty()) a.policies = {"W8A8"};
  refuse_twice("network", a.networks);
  refuse_twice("policy", a.policies);
  for (const char* name : {"accuracy-images", "dataset", "data-dir", "threads"}) {
    if (!a.accuracy && options.given(name))
      throw InputError(fmt::format("--{}: needs --accuracy", name));
  }
  demand_files(a, hardware);
  hardware.load();
  SweepRun sweep(a, options, hardware, launcher, shard.shard());
  sweep.check_points();
  sweep.run(arguments);
  return sweep.finish();
}

}  // namespace kirchhoff::cli
