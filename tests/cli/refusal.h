#pragma once

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/program.h"

namespace kirchhoff::cli {

using Arguments = std::vector<std::string>;

/// A command line that is wrong, and how the error that names the mistake begins.
struct Refusal {
  Arguments arguments;
  std::string message;
};

inline std::ostream& operator<<(std::ostream& stream, const Refusal& refusal) {
  for (const std::string& argument : refusal.arguments) stream << "'" << argument << "' ";
  return stream;
}

/// One line, exit code 2, nothing printed, and nothing written beside what was there.
inline void expect_refused(const Refusal& refusal, const ScratchDirectory& folder) {
  const Arguments before = folder.names();
  const Outcome outcome = run_program(refusal.arguments, folder.path());
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.output, "");
  const std::string expected = "kirchhoff: error: " + refusal.message;
  EXPECT_EQ(outcome.error.substr(0, expected.size()), expected);
  EXPECT_EQ(std::count(outcome.error.begin(), outcome.error.end(), '\n'), 1) << outcome.error;
  EXPECT_EQ(folder.names(), before);
}

}  // namespace kirchhoff::cli
