#include "base/version.h"

#include "build_commit.inc"
#include "build_libraries.inc"

namespace kirchhoff {

std::string_view build_commit() { return kBuildCommit; }

std::string full_version() {
  const std::string_view commit = build_commit();
  if (commit == "unknown") return kVersion;
  return std::string(kVersion) + "+" + std::string(commit);
}

std::string build_compiler() {
#if defined(__clang__)
  const std::string compiler = "Clang " __clang_version__;
#else
  const std::string compiler = "GCC " __VERSION__;
#endif
  return compiler.substr(0, compiler.find_last_not_of(' ') + 1) + ", " + kBuildType;
}

std::vector<std::string> build_libraries() {
  return {std::begin(kBuildLibraries), std::end(kBuildLibraries)};
}

}  // namespace kirchhoff
