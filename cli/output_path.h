#pragma once

#include <filesystem>
#include <string>

#include "cli/options.h"

namespace kirchhoff::cli {

/// Refuses an output file whose folder does not exist, before any work is done. An empty path is no
/// output.
inline void check_output_file(const std::string& flag, const std::string& path) {
  if (path.empty()) return;
  const std::filesystem::path file(path);
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder)) Options::refuse(flag, path, "its folder must exist");
  if (std::filesystem::is_directory(file))
    Options::refuse(flag, path, "must be a file, not a folder");
}

}  // namespace kirchhoff::cli
