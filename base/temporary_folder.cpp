#include "base/temporary_folder.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace kirchhoff {
namespace {

namespace fs = std::filesystem;

constexpr char kPrefix[] = "kirchhoff-report-";
constexpr std::size_t kRandom = 6;  // of mkdtemp

int opened(const std::string& path) {
  return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/// Whether a folder is ours and still there. The link count falls to 0 when it is removed.
bool is_our_own(int folder) {
  struct stat status = {};
  return ::fstat(folder, &status) == 0 && status.st_nlink > 0 && status.st_uid == ::geteuid();
}

/// Removes what killed processes have left.
void remove_remnants(const fs::path& among) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(among, ignored)) {
    const std::string name = entry.path().filename().string();
    if (name.size() != sizeof kPrefix - 1 + kRandom || name.compare(0, sizeof kPrefix - 1, kPrefix))
      continue;
    const int folder = opened(entry.path().string());
    if (folder < 0) continue;
    if (::flock(folder, LOCK_EX | LOCK_NB) == 0 && is_our_own(folder))
      fs::remove_all(entry.path(), ignored);
    ::close(folder);
  }
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  const fs::path among = fs::temp_directory_path();
  remove_remnants(among);
  while (true) {
    path_ = (among / (kPrefix + std::string(kRandom, 'X'))).string();
    if (::mkdtemp(path_.data()) == nullptr || (lock_ = opened(path_)) < 0)
      throw RunError(fmt::format("{}: cannot create a folder: {}", path_, std::strerror(errno)));
    // A file system without locks gives none; nobody can take the folder for a remnant then.
    ::flock(lock_, LOCK_EX);
    if (is_our_own(lock_)) return;
    // Another process took it for a remnant before it was locked.
    ::close(lock_);
  }
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
  ::close(lock_);
}

}  // namespace kirchhoff
