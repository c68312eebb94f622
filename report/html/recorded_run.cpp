#include "report/html/recorded_run.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/search/search.h"
#include "agent/search_methods.h"
#include "base/error.h"
#include "base/json_input.h"
#include "cosim/resources.h"
#include "hw/config/config_loader.h"
#include "report/request.h"

namespace kirchhoff::report::html {
namespace {

using Settings = std::map<std::string, std::string>;

/// Said by the command line in a form of their own, or nowhere. Nor are presets said (".preset"),
/// but what they fill in.
const std::set<std::string> kSaidApart = {"network", "dataset", "budget",  "method",
                                          "th",      "seed",    "episodes"};

void compare_chip(const Settings& chip, RecordedRun& run) {
  const std::string folder = cosim::resource_folder("presets");
  std::optional<std::vector<Difference>> fewest;
  for (const std::string& preset : cosim::resource_names(folder, ".ini")) {
    hw::ConfigLoader loader;
    loader.load_file(cosim::resource_file(folder, preset, ".ini", "preset"), preset + ".ini");
    std::vector<Difference> differences;
    for (const hw::ConfigEntry& entry : loader.entries()) {
      const auto own = chip.find(entry.key);
      if (own == chip.end() || own->second == entry.value) continue;
      differences.push_back({entry.key, own->second, entry.value, entry.meaning});
    }
    if (fewest && fewest->size() <= differences.size()) continue;
    run.preset = preset;
    fewest = std::move(differences);
  }
  if (fewest) run.chip = std::move(*fewest);
}

void compare_settings(const Settings& settings, const Settings& usual, RecordedRun& run) {
  for (const auto& [key, value] : settings) {
    const auto known = usual.find(key);
    const bool preset = key.size() > 7 && key.compare(key.size() - 7, 7, ".preset") == 0;
    if (preset || kSaidApart.count(key) != 0 || known == usual.end() || known->second == value)
      continue;
    run.settings.push_back({key, value, known->second, ""});
  }
}

void add_differences(RecordedRun& run) {
  if (run.preset != "table4" && !run.preset.empty()) run.command += " --preset " + run.preset;
  for (const auto* list : {&run.settings, &run.chip}) {
    for (const Difference& one : *list) {
      // The preset's hardware may name a file; its digest is what was kept.
      if (!one.value.empty())
        run.command += fmt::format(" --{} {}", one.key, shell_word(one.value));
    }
  }
}

template <typename Value>
std::string list_of(const std::set<Value>& values) {
  return fmt::format("{}", fmt::join(values, ","));
}

RecordedRun comparison(const std::string& folder, const UsualSettings& usual) {
  const CompareRequest request = CompareRequest::load(folder + "/compare.json");
  RecordedRun run;
  run.source = folder;
  std::vector<std::string> methods;
  std::set<double> thresholds;
  std::set<std::uint64_t> seeds;
  for (const PlannedRun& one : request.runs) {
    if (std::find(methods.begin(), methods.end(), one.method) == methods.end()) {
      methods.push_back(one.method);
    }
    thresholds.insert(one.th);
    seeds.insert(one.seed);
  }
  std::string seed_text = list_of(seeds);
  if (seeds.size() > 2 && *seeds.rbegin() - *seeds.begin() + 1 == seeds.size()) {
    seed_text = fmt::format("{}..{}", *seeds.begin(), *seeds.rbegin());
  }
  const auto setting = [&](const char* key) {
    const auto found = request.settings.find(key);
    return found == request.settings.end() ? std::string() : found->second;
  };
  run.command = fmt::format(
      "kirchhoff compare --network {} --dataset {} --methods {} --th {} --seeds {} --budget {}",
      shell_word(setting("network")), shell_word(setting("dataset")), fmt::join(methods, ","),
      list_of(thresholds), seed_text, shell_word(setting("budget")));
  compare_chip(request.hardware, run);
  compare_settings(request.settings, usual(agent::default_search_method()), run);
  add_differences(run);
  run.command += " --out " + shell_word(folder);
  return run;
}

RecordedRun search(const std::string& folder, const UsualSettings& usual) {
  Settings config;
  const std::string path = folder + "/config.json";
  const nlohmann::json json = read_stored_json(path);
  read_members(path, "is not the configuration of a run", [&] { json.get_to(config); });
  RecordedRun run;
  run.source = folder;
  Settings settings, chip;
  for (const auto& [key, value] : config) {
    if (key.compare(0, 7, "digest.") == 0) {
      run.digests[key.substr(7)] = value;
    } else if (key.find('.') == std::string::npos) {
      // Options have hyphens where the file has underscores.
      std::string option = key;
      std::replace(option.begin(), option.end(), '_', '-');
      settings[option] = value;
    } else {
      settings[key] = value;
      chip[key] = value;
    }
  }
  // The default is empty: what the method goes by.
  if (settings["score"] == agent::usual_score(settings["method"])) settings.erase("score");
  run.command = "kirchhoff search";
  for (const char* key : {"network", "dataset", "method", "th", "episodes", "seed"}) {
    run.command += fmt::format(" --{} {}", key, shell_word(settings[key]));
  }
  compare_chip(chip, run);
  compare_settings(settings, usual(settings["method"]), run);
  add_differences(run);
  run.command += " --out " + shell_word(folder);
  return run;
}

}  // namespace

RecordedRun recorded_run(const std::string& folder, const UsualSettings& usual) {
  RecordedRun run = std::filesystem::exists(folder + "/compare.json") ? comparison(folder, usual)
                                                                      : search(folder, usual);
  run.sessions = recorded_sessions(folder);
  return run;
}

RecordedRun recorded_run(const ChipReport& chip) {
  RecordedRun run;
  run.source = chip.name;
  run.searched = false;
  run.command = chip.session.command;
  if (!run.command.empty()) run.sessions.push_back(chip.session);
  Settings entries;
  for (const hw::ConfigEntry& entry : chip.entries) entries[entry.key] = entry.value;
  compare_chip(entries, run);
  return run;
}

}  // namespace kirchhoff::report::html
