#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/traces/scratch_directory.h"

namespace kirchhoff::cli {

struct Outcome {
  int exit_code = -1;  ///< -1: it did not end by itself
  std::string output, error;
};

/// Runs the built program in the directory `folder` and waits for its end.
inline Outcome run_program(const std::vector<std::string>& arguments, const std::string& folder) {
  const ScratchDirectory capture;
  const std::string output = capture.file("output"), error = capture.file("error");
  std::vector<char*> argv{const_cast<char*>(KIRCHHOFF_PROGRAM)};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
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

}  // namespace kirchhoff::cli
