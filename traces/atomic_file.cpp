#include "traces/atomic_file.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "traces/error.h"

namespace kirchhoff {
namespace {

[[noreturn]] void fail(const std::string& path, const char* action, int error) {
  throw RunError(fmt::format("{}: cannot {}: {}", path, action, std::strerror(error)));
}

bool exists_and_is_special(const std::string& path) {
  struct stat status = {};
  return ::stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode) && !S_ISDIR(status.st_mode);
}

// Where the file really lies: a symbolic link stays one, and its file is what gets replaced.
std::string resolved(const std::string& path) {
  char* const real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return path;
  std::string result = real;
  std::free(real);
  return result;
}

// Returns 0 or the error number.
int write_all(int file, const std::string& contents) {
  const char* next = contents.data();
  std::size_t left = contents.size();
  while (left > 0) {
    const ssize_t written = ::write(file, next, left);
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    next += written;
    left -= static_cast<std::size_t>(written);
  }
  return 0;
}

// A rename is on the disk once its directory is. Some file systems refuse to sync a directory; the
// file is complete all the same, so that is not a failure.
void sync_directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int file = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (file < 0) return;
  ::fsync(file);
  ::close(file);
}

// mkstemp makes private files; the result gets the mode that open() would have given it.
mode_t default_mode() {
  const mode_t mask = ::umask(0);
  ::umask(mask);
  return 0666 & ~mask;
}

}  // namespace

void write_file_atomically(const std::string& path, const std::string& contents) {
  if (exists_and_is_special(path)) {
    // A device or a pipe (/dev/stdout) is written to; replacing it by a file would destroy it.
    const int file = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (file < 0) fail(path, "open", errno);
    const int error = write_all(file, contents);
    ::close(file);
    if (error != 0) fail(path, "write", error);
    return;
  }
  const std::string target = resolved(path);
  std::string temporary = target + ".XXXXXX";
  const int file = ::mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0) fail(path, "create the file", errno);
  const auto abandon = [&](const char* action, int error) {
    ::unlink(temporary.c_str());
    fail(path, action, error);
  };
  ::fchmod(file, default_mode());
  int error = write_all(file, contents);
  if (error == 0 && ::fsync(file) != 0) error = errno;
  if (::close(file) != 0 && error == 0) error = errno;
  if (error != 0) abandon("write", error);
  if (::rename(temporary.c_str(), target.c_str()) != 0) abandon("replace the file", errno);
  sync_directory_of(target);
}

void publish_file(const std::string& temporary, const std::string& path) {
  const auto abandon = [&](const char* action, int error) {
    ::unlink(temporary.c_str());
    fail(path, action, error);
  };
  if (exists_and_is_special(path)) abandon("replace the file", ENOTSUP);
  const int file = ::open(temporary.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) abandon("write", errno);
  const int error = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (error != 0) abandon("write", error);
  if (::rename(temporary.c_str(), path.c_str()) != 0) abandon("replace the file", errno);
  sync_directory_of(path);
}

}  // namespace kirchhoff
