#include "base/folder_lock.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

namespace kirchhoff {

FolderLock::~FolderLock() {
  if (folder_ >= 0) ::close(folder_);
}

void FolderLock::take(const std::string& folder, const std::string& what, bool shared) {
  if (folder_ >= 0) return;
  folder_ = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder_ < 0) {
    throw InputError(fmt::format("{}: cannot be opened: {}", folder, std::strerror(errno)));
  }
  if (::flock(folder_, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw InputError(fmt::format("{}: another {} is running in this folder", folder, what));
  }
}

bool FolderLock::is_taken(const std::string& folder) {
  const int probe = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (probe < 0) return false;
  // Shared: somebody who looks must not make a second one believe that work goes on.
  const bool taken = ::flock(probe, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(probe);
  return taken;
}

}  // namespace kirchhoff
