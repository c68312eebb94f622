#include "base/provenance.h"

#include <chrono>
#include <filesystem>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/version.h"

namespace kirchhoff {
namespace {

std::string sessions_path(const std::string& folder) { return folder + "/sessions.json"; }

}  // namespace

std::string shell_word(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_not_of(
                                          "abcdefghijklmnopqrstuvwxyz"
                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                          "0123456789_-+.,/:=@%") == std::string::npos;
  if (plain) return text;
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string command_line(const std::string& command, const std::vector<std::string>& arguments) {
  std::string line = "kirchhoff " + command;
  for (const std::string& argument : arguments) line += " " + shell_word(argument);
  return line;
}

void record_session(const std::string& folder, const std::string& command,
                    const std::vector<std::string>& arguments) {
  std::vector<Session> sessions = recorded_sessions(folder);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  sessions.push_back({fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)), full_version(),
                      command_line(command, arguments)});
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Session& one : sessions) {
    json.push_back(
        {{"started", one.started}, {"kirchhoff", one.version}, {"command", one.command}});
  }
  write_file_atomically(sessions_path(folder), json_text(json));
}

std::vector<Session> recorded_sessions(const std::string& folder) {
  const std::string path = sessions_path(folder);
  std::vector<Session> sessions;
  if (!std::filesystem::exists(path)) return sessions;
  const nlohmann::json json = read_stored_json(path);
  read_members(path, "is not the list of a run's commands", [&] {
    for (const auto& one : json) {
      sessions.push_back({one.at("started").get<std::string>(),
                          one.at("kirchhoff").get<std::string>(),
                          one.at("command").get<std::string>()});
    }
  });
  return sessions;
}

}  // namespace kirchhoff
