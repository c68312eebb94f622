#pragma once

#include <string>
#include <vector>

namespace kirchhoff {

/// One start of the program that worked on a result.
struct Session {
  std::string started;  ///< "2026-11-22T10:15:00Z"
  std::string version;  ///< of the program
  std::string command;  ///< as a shell would take it
};

/// "kirchhoff search --th 0.8", with what a shell would misread in quotes.
std::string command_line(const std::string& command, const std::vector<std::string>& arguments);
/// One word of it.
std::string shell_word(const std::string& text);

/// Adds a session to FOLDER/sessions.json, which is about how a result came to be and no part of
/// it: the other files of a run are the same bytes whenever and however often it was started.
void record_session(const std::string& folder, const std::string& command,
                    const std::vector<std::string>& arguments);
/// Oldest first; empty when the folder has none. InputError naming the file when it is broken.
std::vector<Session> recorded_sessions(const std::string& folder);

}  // namespace kirchhoff
