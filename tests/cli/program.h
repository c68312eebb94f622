#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/base/scratch_directory.h"

namespace kirchhoff::cli {

struct Outcome {
  int exit_code = -1;  ///< -1: it did not end by itself
  std::string output, error;
};

/// Runs a program by its path in the directory `folder` and waits for its end.
inline Outcome run_words(const std::vector<std::string>& words, const std::string& folder) {
  const ScratchDirectory capture;
  const std::string output = capture.file("output"), error = capture.file("error");
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto redirect = [](const std::string& path, int descriptor) {
      const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
      if (file < 0 || ::dup2(file, descriptor) < 0) ::_exit(126);
    };
    redirect(output, STDOUT_FILENO);
    redirect(error, STDERR_FILENO);
    if (::chdir(folder.c_str()) != 0) ::_exit(126);
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  Outcome outcome;
  int status = 0;
  if (child > 0 && ::waitpid(child, &status, 0) == child && WIFEXITED(status)) {
    outcome.exit_code = WEXITSTATUS(status);
  }
  outcome.output = contents_of(output);
  outcome.error = contents_of(error);
  return outcome;
}

/// The same with the built program.
inline Outcome run_program(const std::vector<std::string>& arguments, const std::string& folder) {
  std::vector<std::string> words = {KIRCHHOFF_PROGRAM};
  words.insert(words.end(), arguments.begin(), arguments.end());
  return run_words(words, folder);
}

/// Runs a line of shell in which "$0" is the built program.
inline Outcome run_shell(const std::string& line, const std::string& folder) {
  return run_words({"/bin/sh", "-c", line, KIRCHHOFF_PROGRAM}, folder);
}

}  // namespace kirchhoff::cli
