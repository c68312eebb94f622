#include "report/request.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/environment.h"
#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "base/range.h"
#include "base/utf8.h"
#include "report/settings.h"

namespace kirchhoff::report {
namespace {

const Range kThresholds = Range::closed(agent::kLeastThreshold, agent::kMostThreshold);

/// Settings of a method are free as long as no run was made with it.
bool matters(const std::string& key, const std::vector<PlannedRun>& earlier) {
  if (!agent::is_setting_of_method(key)) return true;
  return std::any_of(earlier.begin(), earlier.end(),
                     [&](const PlannedRun& run) { return agent::reads_setting(run.method, key); });
}

void refuse_differences(const Settings& now, const Settings& earlier,
                        const std::vector<PlannedRun>& runs, const std::string& path) {
  for (const SettingDifference& d : differences(now, earlier)) {
    if (!matters(d.key, runs)) continue;
    throw InputError(
        fmt::format("{}: {} = {}: the comparison in this folder has {}; methods, th and seeds may "
                    "be added to it, other settings need another folder",
                    path, quote(d.key), quote(d.wanted), quote(d.had)));
  }
}

}  // namespace

std::string CompareRequest::json() const {
  nlohmann::ordered_json json;
  json["settings"] = settings;
  json["hardware"] = hardware;
  json["runs"] = nlohmann::ordered_json::array();
  for (const PlannedRun& run : runs) {
    json["runs"].push_back({{"method", run.method}, {"th", run.th}, {"seed", run.seed}});
  }
  json["unreachable"] = nlohmann::ordered_json::array();
  for (const auto& [th, reason] : unreachable) {
    json["unreachable"].push_back({{"th", th}, {"reason", reason}});
  }
  return json_text(json);
}

CompareRequest CompareRequest::load(const std::string& path) {
  const nlohmann::json json = read_stored_json(path);
  CompareRequest request;
  read_members(path, "is not the request of a comparison", [&] {
    json.at("settings").get_to(request.settings);
    json.at("hardware").get_to(request.hardware);
    for (const auto& run : json.at("runs")) {
      request.runs.push_back({run.at("method").get<std::string>(), run.at("th").get<double>(),
                              unsigned_value(run.at("seed"), "seed")});
    }
    for (const auto& entry : json.at("unreachable")) {
      request.unreachable[entry.at("th").get<double>()] = entry.at("reason").get<std::string>();
    }
  });
  request.check(path);
  return request;
}

void CompareRequest::check(const std::string& path) const {
  const auto refuse = [&](const std::string& key, const std::string& found,
                          const std::string& rule) {
    throw InputError(fmt::format("{}: {} = {}: {}", path, key, found, rule));
  };
  const auto& methods = agent::search_methods();
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const std::string where = fmt::format("runs[{}].", i);
    if (agent::search_method_place(runs[i].method) == methods.size()) {
      refuse(where + "method", runs[i].method,
             fmt::format("must be one of {}", fmt::join(methods, ", ")));
    }
    if (!kThresholds.contains(runs[i].th)) {
      refuse(where + "th", fmt::format("{}", runs[i].th), "must be " + kThresholds.describe());
    }
  }
  for (const auto& [th, reason] : unreachable) {
    if (!kThresholds.contains(th))
      refuse("unreachable.th", fmt::format("{}", th), "must be " + kThresholds.describe());
  }
}

void CompareRequest::merge(const CompareRequest& earlier, const std::string& path) {
  refuse_differences(settings, earlier.settings, earlier.runs, path);
  refuse_differences(hardware, earlier.hardware, earlier.runs, path);
  runs.insert(runs.end(), earlier.runs.begin(), earlier.runs.end());
  std::sort(runs.begin(), runs.end());
  runs.erase(std::unique(runs.begin(), runs.end()), runs.end());
  unreachable.insert(earlier.unreachable.begin(), earlier.unreachable.end());
}

}  // namespace kirchhoff::report
