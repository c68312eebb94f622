#include "report/study.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "hw/config/config_loader.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"
#include "report/columns.h"
#include "report/planned_run.h"
#include "report/request.h"
#include "report/stored_csv.h"

namespace kirchhoff::report {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// A column of runs.csv and where summary.json has its value.
struct Column {
  const char* name;
  const char* pointer;
};

constexpr Column kSummaryColumns[] = {{"episodes", "/episodes"},
                                      {"feasible_episodes", "/feasible_episodes"},
                                      {"accuracy_evaluations", "/accuracy_evaluations"},
                                      {"simulator_calls", "/simulator_calls"},
                                      {"whole_evaluations", "/whole_evaluations"},
                                      {"floor_cost_ratio", "/floor_cost_ratio"},
                                      {"w8a8_accuracy_pct", "/w8a8_accuracy_pct"},
                                      {"w8a8_latency_ns", "/w8a8_latency_ns"},
                                      {"w8a8_energy_pj", "/w8a8_energy_pj"},
                                      {"w8a8_power_mw", "/w8a8_power_mw"},
                                      {"best_episode", "/best/episode"},
                                      {"best_policy", "/best/policy"},
                                      {"best_accuracy_pct", "/best/accuracy_pct"},
                                      {"best_divergence_nats", "/best/divergence_nats"},
                                      {"best_loss_error_points", "/best/loss_error_points"},
                                      {"best_cost_ratio", "/best/cost_ratio"},
                                      {"best_latency_ratio", "/best/latency_ratio"},
                                      {"best_energy_ratio", "/best/energy_ratio"},
                                      {"best_power_ratio", "/best/power_ratio"},
                                      {"best_mean_weight_bits", "/best/mean_weight_bits"},
                                      {"final_policy", "/final/policy"},
                                      {"final_accuracy_pct", "/final/accuracy_pct"},
                                      {"final_w8a8_accuracy_pct", "/final/w8a8_accuracy_pct"},
                                      {"final_divergence_nats", "/final/divergence_nats"},
                                      {"final_loss_error_points", "/final/loss_error_points"},
                                      {"final_cost_ratio", "/final/cost_ratio"},
                                      {"final_latency_ratio", "/final/latency_ratio"},
                                      {"final_energy_ratio", "/final/energy_ratio"},
                                      {"final_power_ratio", "/final/power_ratio"},
                                      {"final_mean_weight_bits", "/final/mean_weight_bits"},
                                      {"final_added_bits", "/final/added_bits"},
                                      {"test_answer_pct", "/test_accuracy_pct/answer"},
                                      {"test_best_pct", "/test_accuracy_pct/best"},
                                      {"test_w8a8_pct", "/test_accuracy_pct/w8a8"},
                                      {"test_float_pct", "/test_accuracy_pct/float"},
                                      {"test_images", "/test_accuracy_pct/images"}};

constexpr const char* kTimes[] = {"wall_s", "method_s", "simulator_s", "accuracy_s"};

Csv empty_runs() {
  std::vector<std::string> columns = {"network", "dataset", "method",    "th",
                                      "seed",    "status",  "decrements"};
  for (const Column& column : kSummaryColumns) columns.emplace_back(column.name);
  columns.emplace_back("reason");
  return Csv(columns);
}

/// Runs of an earlier version, which wrote fewer columns, beside those of this one.
Csv with_all_columns(const Csv& runs) {
  Csv all = empty_runs();
  for (std::size_t row = 0; row < runs.size(); ++row) {
    std::vector<std::string> cells;
    for (const std::string& column : all.columns()) cells.push_back(runs.text(row, column));
    all.add(std::move(cells));
  }
  return all;
}

Csv empty_times() {
  std::vector<std::string> columns = {"method", "th", "seed"};
  for (const char* key : kTimes) columns.emplace_back(key);
  return Csv(columns);
}

/// A value of a JSON file as a cell; empty when it is missing or null.
std::string cell(const Json& json, const char* pointer) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place)) return "";
  const Json& value = json.at(place);
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : json_line(value);
}

void check_value(const std::string& path, const std::string& key, const std::string& column,
                 const std::string& text) {
  const std::string rule = broken_rule(column, text);
  if (!rule.empty()) throw InputError(fmt::format("{}: {} = {}: {}", path, key, text, rule));
}

/// InputError when a summary holds what no search writes, or belongs to another run.
void check_summary(const Json& summary, const RunSource& run, const std::string& path) {
  for (const Column& column : kSummaryColumns) {
    std::string key = column.pointer + 1;
    std::replace(key.begin(), key.end(), '/', '.');
    check_value(path, key, column.name, cell(summary, column.pointer));
  }
  const std::pair<const char*, Json> owner[] = {
      {"network", run.network}, {"method", run.method}, {"th", run.th}, {"seed", run.seed}};
  for (const auto& [key, expected] : owner) {
    const Json found = summary.is_object() ? summary.value(key, Json()) : Json();
    if (found == expected) continue;
    throw InputError(fmt::format("{}: {} = {}: is the summary of another run, this one has {}",
                                 path, key, found.dump(), expected.dump()));
  }
}

/// A table that the program has stored, with nothing in it that no search writes.
Csv checked_csv(const std::string& folder, const std::string& name) {
  StoredCsv stored = load_stored_csv(folder, name);
  check_cells(stored.csv, stored.path);
  return std::move(stored.csv);
}

/// The episodes of a run with the columns that say which run it is.
Csv run_episodes(const RunSource& source) {
  const Csv own = checked_csv(source.folder, "episodes.csv");
  std::vector<std::string> columns = {"method", "th", "seed"};
  columns.insert(columns.end(), own.columns().begin(), own.columns().end());
  Csv episodes(columns);
  for (std::size_t row = 0; row < own.size(); ++row) {
    std::vector<std::string> cells = {source.method, fmt::format("{}", source.th),
                                      fmt::format("{}", source.seed)};
    for (const std::string& column : own.columns()) cells.push_back(own.text(row, column));
    episodes.add(std::move(cells));
  }
  return episodes;
}

long long sum(const Csv& csv, const std::string& column) {
  double total = 0.0;
  for (std::size_t row = 0; row < csv.size(); ++row) total += csv.number(row, column).value_or(0.0);
  return static_cast<long long>(total);
}

std::string run_folder(const std::string& folder, const PlannedRun& run) {
  return folder + "/runs/" + run.name();
}

std::string setting_in(const CompareRequest& request, const char* key, const std::string& folder) {
  const auto entry = request.settings.find(key);
  if (entry == request.settings.end())
    throw InputError(fmt::format("{}/compare.json: settings.{}: missing", folder, key));
  return entry->second;
}

/// How many runs have a result: by the table that the comparison wrote, or by their own folders.
std::size_t results_in(const Csv& runs) {
  std::size_t results = 0;
  for (std::size_t row = 0; row < runs.size(); ++row)
    results += runs.text(row, "status") == "done" || runs.text(row, "status") == "no policy";
  return results;
}
std::size_t results_in(const std::string& folder, const CompareRequest& request) {
  std::size_t results = 0;
  for (const PlannedRun& run : request.runs)
    results += fs::exists(run_folder(folder, run) + "/summary.json");
  return results;
}

/// The tables of a comparison. Where shards share the folder, the last of them may not have come to
/// write them.
void load_tables(const std::string& folder, const CompareRequest& request, Study& study) {
  const bool written = fs::exists(folder + "/runs.csv") || fs::exists(folder + "/runs.csv.xz");
  const std::size_t results = results_in(folder, request);
  if (!written && results == 0) {
    throw InputError(
        fmt::format("{}: has no runs.csv yet: finish it by the same kirchhoff compare", folder));
  }
  if (written) study.runs = with_all_columns(checked_csv(folder, "runs.csv"));
  if (written && results_in(study.runs) >= results) {
    study.episodes = checked_csv(folder, "episodes.csv");
    study.times = checked_csv(folder, "times.csv");
    return;
  }
  Study collected = collect_comparison(folder, request, {});
  study.runs = std::move(collected.runs);
  study.episodes = std::move(collected.episodes);
  study.times = std::move(collected.times);
}

Study load_comparison(const std::string& folder) {
  const CompareRequest request = CompareRequest::load(folder + "/compare.json");
  Study study;
  study.network_given = setting_in(request, "network", folder);
  study.dataset = setting_in(request, "dataset", folder);
  study.hardware = request.hardware;
  study.settings = request.settings;
  study.settings.erase("network");
  study.settings.erase("dataset");
  // Searches write down how many images there were.
  const auto images = study.settings.find("validation-images");
  if (images != study.settings.end() && images->second == "0") {
    images->second = fmt::format("{}", quant::kValidationImages);
  }
  load_tables(folder, request, study);
  study.network = study.runs.empty() ? study.network_given : study.runs.text(0, "network");
  return study;
}

/// A setting of a single search under the name that comparisons have for it.
void add_setting(Study& study, const std::string& method, std::string key, const Json& value) {
  static const std::set<std::string> kOfTheRun = {"network", "dataset", "method", "th", "seed"};
  if (kOfTheRun.count(key) != 0) return;
  if (agent::is_setting_of_method(key)) key = method + "/" + key;
  // Options have hyphens where the file has underscores; keys with a section do not.
  if (key.find('.') == std::string::npos) std::replace(key.begin(), key.end(), '_', '-');
  // As a comparison has it, whose methods may go by different ones.
  if (key == "score" && value == agent::usual_score(method)) {
    study.settings[key] = "";
    return;
  }
  static const std::map<std::string, std::string> kOtherNames = {{"episodes", "budget"},
                                                                 {"tune-epochs", "tune-each"}};
  const auto other = kOtherNames.find(key);
  value.get_to(study.settings[other == kOtherNames.end() ? key : other->second]);
}

/// What config.json says of a search; the summary, which may have been copied there, is compared.
std::string setting_of(const Json& config, const char* key, const std::string& folder) {
  const std::string text = config.at(key).get<std::string>(), path = folder + "/config.json";
  if (text.empty()) throw InputError(fmt::format("{}: {}: missing", path, key));
  check_value(path, key, key, text);
  return text;
}

Study load_search(const std::string& folder) {
  if (!fs::exists(folder + "/summary.json")) {
    throw InputError(fmt::format("{}: an unfinished search: finish it with --resume", folder));
  }
  const Json config = read_stored_json(folder + "/config.json");
  Study study;
  RunSource source;
  read_members(folder, "is not the folder of a search", [&] {
    config.at("network").get_to(study.network);
    config.at("dataset").get_to(study.dataset);
    source = {study.network,
              study.dataset,
              setting_of(config, "method", folder),
              std::stod(setting_of(config, "th", folder)),
              std::stoull(setting_of(config, "seed", folder)),
              folder,
              "",
              ""};
    for (const hw::ConfigEntry& entry : hw::ConfigLoader().entries()) {
      if (config.contains(entry.key)) config.at(entry.key).get_to(study.hardware[entry.key]);
    }
    study.settings["tune-each"] = "0";  // written down only where it is more
    for (const auto& [key, value] : config.items()) {
      if (study.hardware.count(key) == 0) add_setting(study, source.method, key, value);
    }
  });
  study.network_given = study.network;
  study.collect({source});
  return study;
}

Study load_study(const std::string& folder) {
  if (fs::exists(folder + "/compare.json")) return load_comparison(folder);
  if (fs::exists(folder + "/config.json")) return load_search(folder);
  throw InputError(fmt::format("{}: holds neither a comparison nor a search", folder));
}

void refuse_repeated_runs(const Study& study, const std::string& folder) {
  std::set<std::string> seen;
  for (std::size_t row = 0; row < study.runs.size(); ++row) {
    const std::string run = fmt::format("{} at th {} with seed {}", study.runs.text(row, "method"),
                                        study.runs.text(row, "th"), study.runs.text(row, "seed"));
    if (!seen.insert(run).second) {
      throw InputError(fmt::format("{}: {}: another folder has that run, too", folder, run));
    }
  }
}

bool has_run_that_reads(const Study& study, const std::string& key) {
  for (std::size_t row = 0; row < study.runs.size(); ++row) {
    if (agent::reads_setting(study.runs.text(row, "method"), key)) return true;
  }
  return false;
}

/// "cost.beta 1": the keys that both have with different values, as far as runs of both read them,
/// and the values of `study`.
std::vector<std::string> study_differences(const Study& study, const Study& other) {
  std::vector<std::string> found;
  for (const auto member : {&Study::hardware, &Study::settings}) {
    for (const auto& [key, value] : study.*member) {
      const auto its = (other.*member).find(key);
      if (its == (other.*member).end() || its->second == value) continue;
      if (agent::is_setting_of_method(key) &&
          !(has_run_that_reads(study, key) && has_run_that_reads(other, key))) {
        continue;
      }
      found.push_back(fmt::format("{} {}", key, value.empty() ? "none" : value));
    }
  }
  return found;
}

/// The network's name with what sets a study apart from the first one of that network and dataset.
std::string label(const Study& study, const std::vector<Study>& earlier) {
  constexpr std::size_t kShown = 3;
  for (const Study& first : earlier) {
    if (first.network != study.network || first.dataset != study.dataset) continue;
    std::vector<std::string> apart = study_differences(study, first);
    const std::size_t count = apart.size();
    if (count > kShown) {
      apart.resize(kShown);
      apart.push_back(fmt::format("{} more", count - kShown));
    }
    return fmt::format("{} ({})", study.network, fmt::join(apart, ", "));
  }
  return study.network;
}

}  // namespace

agent::Limit Study::limit() const {
  const auto entry = settings.find("limit");
  return agent::limit_of(entry == settings.end() ? agent::kUsualLimit : entry->second);
}

bool Study::priced_by_table() const {
  // A comparison keeps the table's path, a search its digest.
  const auto path = settings.find("cost-table");
  return (path != settings.end() && !path->second.empty()) ||
         settings.count("digest.cost_table") != 0;
}

void Study::collect(const std::vector<RunSource>& sources) {
  if (runs.columns().empty()) runs = empty_runs();
  if (times.columns().empty()) times = empty_times();
  for (const RunSource& source : sources) {
    const std::string th = fmt::format("{}", source.th), seed = fmt::format("{}", source.seed);
    std::vector<std::string> row = {source.network, source.dataset, source.method, th, seed};
    const std::string summary_path = source.folder + "/summary.json";
    if (!fs::exists(summary_path)) {
      row.push_back(source.status);
      row.resize(runs.columns().size() - 1);
      row.push_back(source.reason);
      runs.add(std::move(row));
      continue;
    }
    const Json summary = read_stored_json(summary_path);
    check_summary(summary, source, summary_path);
    const Csv own = run_episodes(source);
    row.push_back(cell(summary, "/best").empty() ? "no policy" : "done");
    row.push_back(fmt::format("{}", sum(own, "decrements")));
    for (const Column& column : kSummaryColumns) row.push_back(cell(summary, column.pointer));
    runs.add(std::move(row));
    episodes.append(own, source.folder + "/episodes.csv");
    std::vector<std::string> seconds = {source.method, th, seed};
    const Json timing = read_stored_json(source.folder + "/timing.json");
    for (const char* key : kTimes) {
      seconds.push_back(cell(timing, fmt::format("/{}", key).c_str()));
      check_value(source.folder + "/timing.json", key, key, seconds.back());
    }
    times.add(std::move(seconds));
  }
  if (episodes.columns().empty()) episodes = Csv({"method", "th", "seed", "episode"});
}

Study collect_comparison(const std::string& folder, const CompareRequest& request,
                         const std::map<std::string, std::string>& failed) {
  const std::string network = quant::find_network(setting_in(request, "network", folder)).name;
  std::vector<RunSource> sources;
  for (const PlannedRun& run : request.runs) {
    RunSource source{network,      setting_in(request, "dataset", folder),
                     run.method,   run.th,
                     run.seed,     run_folder(folder, run),
                     "unfinished", ""};
    const auto unreachable = request.unreachable.find(run.th);
    const auto why = failed.find(run.name());
    if (unreachable != request.unreachable.end()) {
      source.status = "unreachable";
      source.reason = unreachable->second;
    } else if (why != failed.end()) {
      source.status = "failed";
      source.reason = why->second;
    }
    sources.push_back(std::move(source));
  }
  Study study;
  study.collect(sources);
  return study;
}

std::vector<Study> load_studies(const std::vector<std::string>& folders) {
  std::vector<Study> studies;
  for (const std::string& folder : folders) {
    Study study = load_study(folder);
    bool merged = false;
    for (Study& other : studies) {
      if (other.network != study.network || other.dataset != study.dataset ||
          !study_differences(study, other).empty()) {
        continue;
      }
      other.runs.append(study.runs, folder);
      other.episodes.append(study.episodes, folder);
      other.times.append(study.times, folder);
      refuse_repeated_runs(other, folder);
      merged = true;
    }
    if (merged) continue;
    study.label = label(study, studies);
    studies.push_back(std::move(study));
  }
  return studies;
}

}  // namespace kirchhoff::report
