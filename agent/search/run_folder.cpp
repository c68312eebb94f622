#include "agent/search/run_folder.h"

#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/output_file.h"
#include "base/quote.h"
#include "base/utf8.h"

namespace kirchhoff::agent {
namespace {

namespace fs = std::filesystem;

std::string config_json(const RunConfig& config) {
  return json_text(nlohmann::ordered_json(config));
}

}  // namespace

RunFolder::RunFolder(std::string path, RunConfig config, bool resume, std::string may_grow)
    : path_(std::move(path)), config_(std::move(config)), may_grow_(std::move(may_grow)) {
  std::error_code error;
  const auto status = fs::status(path_, error);
  if (!fs::exists(status)) {
    if (resume) throw InputError(fmt::format("{}: no such run to resume", path_));
    return;
  }
  if (!fs::is_directory(status)) throw InputError(fmt::format("{}: is not a folder", path_));
  lock_.take(path_, "search");
  if (resume && has("config.json")) {
    check_config();
    return;
  }
  // A run that was killed before its config was complete has nothing but half written files.
  fs::directory_iterator entries(path_, error);
  if (error) throw InputError(fmt::format("{}: cannot be read: {}", path_, error.message()));
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (is_output_remnant(name)) continue;
    if (resume) {
      throw InputError(fmt::format("{}: no run to resume: config.json is missing", path_));
    }
    throw InputError(fmt::format("{}: already holds {}: resume that run or choose another folder",
                                 path_, has("config.json") ? "a run" : name));
  }
}

void RunFolder::create() {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error) throw RunError(fmt::format("{}: cannot create: {}", path_, error.message()));
  lock_.take(path_, "search");
  if (!has("config.json") || grown_from_) write("config.json", config_json(config_));
}

bool RunFolder::has(const std::string& name) const {
  std::error_code error;
  return fs::exists(file(name), error);
}

void RunFolder::write(const std::string& name, const std::string& contents) const {
  write_file_atomically(file(name), contents);
}

void RunFolder::remove(const std::string& name) const {
  std::error_code error;
  fs::remove(file(name), error);
  if (error) throw RunError(fmt::format("{}: cannot remove: {}", file(name), error.message()));
}

bool RunFolder::grows(const std::string& key, const std::string& before, const std::string& now) {
  std::int64_t from = 0, to = 0;
  const auto number = [](const std::string& text, std::int64_t& value) {
    const char* const end = text.data() + text.size();
    return std::from_chars(text.data(), end, value).ptr == end && !text.empty();
  };
  if (key != may_grow_ || !number(before, from) || !number(now, to) || from >= to) return false;
  grown_from_ = from;
  return true;
}

void RunFolder::check_config() {
  const std::string path = file("config.json");
  const nlohmann::json json = read_stored_json(path);
  RunConfig found;
  read_members(path, "is not the configuration of a run", [&] { json.get_to(found); });
  const auto value = [](const RunConfig& config, const std::string& key) {
    const auto entry = config.find(key);
    return entry == config.end() ? std::string("nothing") : entry->second;
  };
  RunConfig keys = found;
  keys.insert(config_.begin(), config_.end());
  const auto wanted = [&](const std::string& key) {
    return valid_utf8(value(config_, key));  // as it would be written
  };
  const auto is_digest = [](const std::string& key) { return key.compare(0, 7, "digest.") == 0; };
  std::string differs;
  for (const auto& [key, ignored] : keys) {
    const std::string before = value(found, key), now = wanted(key);
    if (before == now || grows(key, before, now)) continue;
    // A digest says less than the setting that it may follow from.
    if (differs.empty() || (is_digest(differs) && !is_digest(key))) differs = key;
  }
  if (differs.empty()) return;
  throw InputError(fmt::format(
      "{}: {} = {}: the run to resume has {}; a run is resumed with the settings that "
      "it was started with; removing {} starts anew",
      path, quote(differs), quote(wanted(differs)), quote(value(found, differs)), path_));
}

}  // namespace kirchhoff::agent
