#pragma once

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/cli/program.h"

namespace kirchhoff::cli {

/// A program in the background, in the directory `folder`; what it prints is lost.
inline pid_t started_words(const std::vector<std::string>& words, const std::string& folder) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int null = ::open("/dev/null", O_WRONLY);
  ::dup2(null, STDOUT_FILENO);
  ::dup2(null, STDERR_FILENO);
  if (::chdir(folder.c_str()) != 0) ::_exit(126);
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

/// The same with the built program.
inline pid_t started(const std::vector<std::string>& arguments, const std::string& folder) {
  std::vector<std::string> words = {KIRCHHOFF_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return started_words(words, folder);
}

/// Waits for its end: its exit code, or 128 + the signal.
inline int end_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/// Sends a signal once `reached` says so; false if the program ended before.
template <typename Reached>
bool signalled_when(pid_t child, int signal, const Reached& reached) {
  int status = 0;
  while (!reached()) {
    if (::waitpid(child, &status, WNOHANG) != 0) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return ::kill(child, signal) == 0;
}

/// The processes that a process has started and not waited for yet.
inline std::vector<pid_t> children_of(pid_t process) {
  const std::string id = std::to_string(process);
  std::ifstream list("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

template <typename Reached>
bool killed_when(pid_t child, const Reached& reached) {
  return signalled_when(child, SIGKILL, reached) && end_of(child) == 128 + SIGKILL;
}

/// Keeps it and what it has started as they are, until go_on().
template <typename Reached>
bool stopped_when(pid_t child, const Reached& reached) {
  int status = 0;
  if (!signalled_when(child, SIGSTOP, reached) || ::waitpid(child, &status, WUNTRACED) != child)
    return false;
  for (const pid_t its : children_of(child)) ::kill(its, SIGSTOP);
  return WIFSTOPPED(status);
}
inline void go_on(pid_t child) {
  for (const pid_t its : children_of(child)) ::kill(its, SIGCONT);
  ::kill(child, SIGCONT);
}

}  // namespace kirchhoff::cli
