#include "base/output_file.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kirchhoff {
namespace {

/// A temporary file is called NAME.kirchhoff-XXXXXX and locked as long as its writer lives.
constexpr std::string_view kMark = ".kirchhoff-";
constexpr std::size_t kRandom = 6;  // of mkostemp

std::string folder_of(const std::string& file) { return file.substr(0, file.rfind('/') + 1); }

/// The part of the name that all temporary files of `file` begin with. A long name is cut, so that
/// theirs are no longer than a file system allows.
std::string prefix_of(const std::string& file) {
  const std::string name = file.substr(file.rfind('/') + 1);
  return name.substr(0, NAME_MAX - kMark.size() - kRandom) + std::string(kMark);
}

/// mkstemp makes private files; a new file gets the mode that open() would have given it, and one
/// that replaces another gets that one's.
mode_t mode_for(const std::string& file) {
  struct stat status = {};
  if (::stat(file.c_str(), &status) == 0) return status.st_mode & 07777;
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

/// Creates and locks a temporary file beside `file`; -1 with errno when that fails.
int create_beside(const std::string& file, std::string& temporary) {
  while (true) {
    temporary = folder_of(file) + prefix_of(file) + std::string(kRandom, 'X');
    const int descriptor = ::mkostemp(temporary.data(), O_CLOEXEC);
    if (descriptor < 0) return -1;
    // A file system without locks gives none; nobody can take this file for a remnant then.
    ::flock(descriptor, LOCK_EX);
    struct stat status = {};
    // Another process may have taken it for a remnant before it was locked.
    if (::fstat(descriptor, &status) == 0 && status.st_nlink > 0) return descriptor;
    ::close(descriptor);
  }
}

/// Removes a file of ours that no living process has locked.
void remove_if_abandoned(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return;
  struct stat status = {};
  if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
      ::flock(file, LOCK_EX | LOCK_NB) == 0) {
    ::unlink(path.c_str());
  }
  ::close(file);
}

void remove_remnants_of(const std::string& file) {
  const std::string folder = folder_of(file), prefix = prefix_of(file);
  DIR* const directory = ::opendir(folder.c_str());
  if (directory == nullptr) return;
  while (const dirent* const entry = ::readdir(directory)) {
    const std::string name = entry->d_name;
    if (name.compare(0, prefix.size(), prefix) == 0 && is_output_remnant(name))
      remove_if_abandoned(folder + name);
  }
  ::closedir(directory);
}

/// A rename is on the disk once its directory is. Some file systems refuse to sync a directory; the
/// file is complete all the same, so that is not a failure.
void sync_directory_of(const std::string& path) {
  const int file = ::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

int open_stream(const OutputTarget& target) {
  if (target.descriptor < 0) return ::open(target.file.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
  // What was printed there before comes first.
  if (target.is_standard_output()) std::fflush(stdout);
  return ::fcntl(target.descriptor, F_DUPFD_CLOEXEC, 3);
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)), target_(output_target(path_)) {
  if (target_.stream) {
    file_ = open_stream(target_);
    if (file_ < 0) throw OutputError(path_, "open", errno);
    return;
  }
  remove_remnants_of(target_.file);
  file_ = create_beside(target_.file, temporary_);
  if (file_ < 0) throw OutputError(path_, "create the file", errno);
}

OutputFile::~OutputFile() { abandon(); }

void OutputFile::abandon() noexcept {
  if (file_ < 0) return;
  if (!target_.stream) ::unlink(temporary_.c_str());
  ::close(file_);
  file_ = -1;
}

int OutputFile::write(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const ssize_t written = ::write(file_, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EAGAIN) {
        pollfd ready = {file_, POLLOUT, 0};
        ::poll(&ready, 1, -1);
        continue;
      }
      if (errno == EINTR) continue;
      return errno;
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

void OutputFile::publish() {
  if (file_ < 0) return;
  if (target_.stream) {
    const int error = ::close(file_) == 0 ? 0 : errno;
    file_ = -1;
    if (error != 0) throw OutputError(path_, "write", error);
    return;
  }
  const auto check = [&](int result, const char* action) {
    if (result == 0) return;
    const int error = errno;
    abandon();
    throw OutputError(path_, action, error);
  };
  ::fchmod(file_, mode_for(target_.file));
  check(::fsync(file_), "write");
  check(::rename(temporary_.c_str(), target_.file.c_str()), "replace the file");
  ::close(file_);
  file_ = -1;
  sync_directory_of(target_.file);
}

int refusal_beside(const std::string& file) {
  remove_remnants_of(file);
  std::string temporary;
  const int descriptor = create_beside(file, temporary);
  if (descriptor < 0) return errno;
  ::unlink(temporary.c_str());
  ::close(descriptor);
  return 0;
}

bool is_output_remnant(const std::string& name) {
  if (name.size() < kMark.size() + kRandom) return false;
  const std::size_t random = name.size() - kRandom, mark = random - kMark.size();
  return name.compare(mark, kMark.size(), kMark) == 0 &&
         std::all_of(name.begin() + static_cast<std::ptrdiff_t>(random), name.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

}  // namespace kirchhoff
