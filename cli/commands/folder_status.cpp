#include "cli/commands/folder_status.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include <fmt/format.h>

#include "agent/search/checkpoint.h"
#include "base/claims.h"
#include "base/error.h"
#include "base/folder_lock.h"
#include "base/job_runner.h"
#include "base/json_input.h"
#include "base/quote.h"
#include "cli/commands/shared_folder.h"
#include "report/request.h"
#include "report/sweep.h"

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::optional<double> number_at(const Json& value, const char* pointer) {
  const Json::json_pointer place(pointer);
  if (!value.contains(place) || !value.at(place).is_number()) return std::nullopt;
  return value.at(place).get<double>();
}

/// A file that its writer may be replacing, or that a crash has left half written: nothing then.
Json stored_or_nothing(const std::string& path) {
  try {
    return fs::exists(path) ? read_stored_json(path) : Json();
  } catch (const InputError&) {
    return Json();
  }
}

/// What a search has come to, by its own folder.
void read_search(const std::string& folder, PieceStatus& piece) {
  const Json timing = stored_or_nothing(folder + "/timing.json");
  piece.wall_s = number_at(timing, "/wall_s").value_or(0);
  if (fs::exists(folder + "/summary.json")) {
    const Json summary = stored_or_nothing(folder + "/summary.json");
    piece.state = "done";
    piece.episodes = static_cast<std::int64_t>(number_at(summary, "/episodes").value_or(0));
    const char* const best = number_at(summary, "/final/accuracy_pct") ? "/final" : "/best";
    piece.best_accuracy_pct = number_at(summary, fmt::format("{}/accuracy_pct", best).c_str());
    piece.best_cost_ratio = number_at(summary, fmt::format("{}/cost_ratio", best).c_str());
    return;
  }
  piece.state = fs::exists(folder + "/config.json") ? "interrupted" : "waiting";
  if (!fs::exists(folder + "/checkpoint")) return;
  try {
    const agent::Checkpoint checkpoint = agent::load_checkpoint(folder + "/checkpoint");
    piece.episodes = checkpoint.episodes;
    piece.wall_s = checkpoint.wall_s;
    if (!checkpoint.top.empty()) {
      piece.best_accuracy_pct = checkpoint.top.front().score.accuracy_pct;
      piece.best_cost_ratio = checkpoint.top.front().cost.cost;
    }
  } catch (const InputError&) {
    // Its search will say so when it is resumed.
  }
  if (piece.episodes == 0 || piece.wall_s <= 0) return;
  piece.rate_per_s = static_cast<double>(piece.episodes) / piece.wall_s;
  const std::int64_t left = std::max<std::int64_t>(piece.of_episodes - piece.episodes, 0);
  piece.left_s = static_cast<double>(left) / *piece.rate_per_s;
}

/// Who works at what, and what has failed.
class Workers {
 public:
  explicit Workers(const std::string& folder)
      : seen_(see_claims(SharedFolder::claims_path(folder))) {
    for (const SeenClaim& claim : seen_.held) claims_[claim.name] = &claim;
  }

  /// Of a piece without a result. `own_folder`: which who works at it locks; may be empty.
  void describe(const std::string& log, const std::string& own_folder, PieceStatus& piece) const {
    const auto claim = claims_.find(piece.name);
    const bool held = claim != claims_.end() && claim->second->alive;
    if (held) {
      piece.host = claim->second->holder.host;
      piece.pid = claim->second->holder.pid;
      piece.part = claim->second->holder.part;
      piece.silent_s = claim->second->silent_s;
    }
    if (held || (!own_folder.empty() && FolderLock::is_taken(own_folder))) {
      piece.state = "running";
      return;
    }
    if (claim != claims_.end() && piece.state == "waiting") piece.state = "interrupted";
    if (seen_.failed.count(piece.name) == 0) return;
    piece.state = "failed";
    piece.reason = error_in_log(log);
    if (piece.reason.empty()) piece.reason = last_line_of_log(log);
  }

 private:
  const SeenClaims seen_;
  std::map<std::string, const SeenClaim*> claims_;
};

/// As long as now so many work.
std::optional<double> time_left(const std::vector<PieceStatus>& pieces) {
  double spent = 0, left = 0;
  std::size_t ended = 0, running = 0, waiting = 0;
  for (const PieceStatus& piece : pieces) {
    if (piece.state == "done") {
      spent += piece.wall_s;
      ++ended;
    } else if (piece.state == "running") {
      ++running;
      left += piece.left_s.value_or(0);
    } else if (piece.state == "waiting" || piece.state == "interrupted") {
      ++waiting;
    }
  }
  if (running == 0 || (waiting > 0 && ended == 0)) return std::nullopt;
  if (waiting > 0) left += static_cast<double>(waiting) * spent / static_cast<double>(ended);
  return left / static_cast<double>(running);
}

FolderStatus comparison_status(const std::string& folder) {
  const auto request = report::CompareRequest::load(folder + "/compare.json");
  FolderStatus status{folder, "comparison", {}, {}, {}};
  const Workers workers(folder);
  const auto budget = request.settings.find("budget");
  for (const report::PlannedRun& run : request.runs) {
    PieceStatus piece;
    piece.name = run.name();
    piece.th = run.th;
    piece.of_episodes = budget == request.settings.end() ? 0 : std::atoll(budget->second.c_str());
    const std::string its = folder + "/runs/" + run.name();
    read_search(its, piece);
    const auto unreachable = request.unreachable.find(run.th);
    if (piece.state != "done" && unreachable != request.unreachable.end()) {
      piece.state = "unreachable";
      piece.reason = unreachable->second;
    } else if (piece.state != "done") {
      workers.describe(folder + "/logs/" + run.name() + ".log", its, piece);
    }
    status.pieces.push_back(std::move(piece));
  }
  status.left_s = time_left(status.pieces);
  return status;
}

FolderStatus search_status(const std::string& folder) {
  const Json config = stored_or_nothing(folder + "/config.json");
  PieceStatus piece;
  piece.name = fs::path(folder).lexically_normal().filename().string();
  if (config.is_object()) {
    piece.of_episodes = std::atoll(config.value("episodes", std::string("0")).c_str());
    piece.th = std::atof(config.value("th", std::string("0")).c_str());
  }
  read_search(folder, piece);
  if (piece.state != "done" && FolderLock::is_taken(folder)) piece.state = "running";
  FolderStatus status{folder, "search", {std::move(piece)}, {}, {}};
  status.left_s = time_left(status.pieces);
  return status;
}

/// How fast results come: those of the last while, up to now.
std::optional<double> rate_of(std::vector<fs::file_time_type> times) {
  constexpr std::size_t kLast = 100;
  if (times.size() < 2) return std::nullopt;
  std::sort(times.begin(), times.end());
  const std::size_t last = std::min(times.size() - 1, kLast);
  const std::chrono::duration<double> since =
      fs::file_time_type::clock::now() - times[times.size() - 1 - last];
  return since.count() > 0 ? std::optional(static_cast<double>(last) / since.count())
                           : std::nullopt;
}

FolderStatus sweep_status(const std::string& folder) {
  const auto request = report::SweepRequest::load(report::sweep_request_file(folder));
  FolderStatus status{folder, "sweep", {}, {}, {}};
  const Workers workers(folder);
  std::vector<fs::file_time_type> times;
  std::map<std::string, bool> measured;
  const auto add = [&](const std::string& name, const std::string& result) {
    PieceStatus piece;
    piece.name = name;
    piece.state = "waiting";
    std::error_code error;
    const auto time = fs::last_write_time(result, error);
    const auto refused = request.refused.find(name);
    if (!error) {
      piece.state = "done";
      times.push_back(time);
    } else if (refused != request.refused.end()) {
      piece.state = "refused";
      piece.reason = refused->second;
    } else {
      workers.describe(folder + "/logs/" + name + ".log", "", piece);
    }
    status.pieces.push_back(std::move(piece));
  };
  for (const report::SweepPoint& point : request.points) {
    add(point.name(), report::sweep_report_file(folder, point));
    if (point.accuracy.empty() || request.refused.count(point.name()) > 0) continue;
    if (measured.emplace(point.accuracy, true).second)
      add("accuracy-" + point.accuracy, report::sweep_accuracy_file(folder, point.accuracy));
  }
  const std::size_t left =
      status.count("running") + status.count("waiting") + status.count("interrupted");
  if (status.count("running") > 0) status.rate_per_s = rate_of(std::move(times));
  if (status.rate_per_s) status.left_s = static_cast<double>(left) / *status.rate_per_s;
  return status;
}

template <typename T>
void add_member(nlohmann::ordered_json& json, const char* key, const std::optional<T>& value) {
  if (value) json[key] = *value;
}

nlohmann::ordered_json json_of(const PieceStatus& piece) {
  nlohmann::ordered_json json = {{"name", piece.name}, {"state", piece.state}};
  if (!piece.host.empty()) {
    json["host"] = piece.host;
    json["process"] = piece.pid;
    json["part"] = piece.part;
  }
  add_member(json, "silent_s", piece.silent_s);
  if (piece.of_episodes > 0) {
    json["th"] = piece.th;
    json["episodes"] = piece.episodes;
    json["of_episodes"] = piece.of_episodes;
    json["wall_s"] = piece.wall_s;
  }
  if (piece.state == "running") {
    add_member(json, "episodes_per_s", piece.rate_per_s);
    add_member(json, "left_s", piece.left_s);
  }
  add_member(json, "best_accuracy_pct", piece.best_accuracy_pct);
  add_member(json, "best_cost_ratio", piece.best_cost_ratio);
  if (!piece.reason.empty()) json["reason"] = piece.reason;
  return json;
}

}  // namespace

std::size_t FolderStatus::count(const std::string& state) const {
  return static_cast<std::size_t>(
      std::count_if(pieces.begin(), pieces.end(),
                    [&](const PieceStatus& piece) { return piece.state == state; }));
}

nlohmann::ordered_json FolderStatus::json() const {
  nlohmann::ordered_json json = {{"folder", folder}, {"kind", kind}, {"total", pieces.size()}};
  for (const char* state :
       {"done", "running", "waiting", "interrupted", "failed", "unreachable", "refused"})
    json[state] = count(state);
  add_member(json, "per_s", rate_per_s);
  add_member(json, "left_s", left_s);
  json["runs"] = nlohmann::ordered_json::array();
  for (const PieceStatus& piece : pieces) json["runs"].push_back(json_of(piece));
  return json;
}

FolderStatus folder_status(const std::string& folder) {
  if (fs::exists(folder + "/compare.json")) return comparison_status(folder);
  if (report::is_sweep(folder)) return sweep_status(folder);
  if (fs::exists(folder + "/config.json")) return search_status(folder);
  throw InputError(fmt::format("{}: must be the folder of a comparison, a sweep or a search",
                               shown_path(folder)));
}

}  // namespace kirchhoff::cli
