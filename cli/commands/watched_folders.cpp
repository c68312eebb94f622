#include "cli/commands/watched_folders.h"

#include <filesystem>
#include <functional>

#include <fmt/format.h>

namespace kirchhoff::cli {
namespace {

namespace fs = std::filesystem;

std::uint64_t of_file(const fs::path& path) {
  // It may be gone by now: then it counts for nothing.
  std::error_code none, unwritten;
  const auto size = fs::file_size(path, none);
  const auto written = fs::last_write_time(path, unwritten);
  if (none || unwritten) return 0;
  return std::hash<std::string>()(
      fmt::format("{} {} {}", path.string(), size, written.time_since_epoch().count()));
}

}  // namespace

std::uint64_t fingerprint(const std::vector<std::string>& folders) {
  std::uint64_t sum = 0;  // whatever the order of a folder's files
  for (const std::string& folder : folders) {
    sum += of_file(folder);
    std::error_code error;
    for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end;
         at.increment(error)) {
      sum += of_file(at->path());
    }
  }
  return sum;
}

}  // namespace kirchhoff::cli
