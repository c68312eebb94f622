#include "base/output_target.h"

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/output_file.h"

namespace kirchhoff {
namespace {

namespace fs = std::filesystem;

struct Identity {
  dev_t device = 0;
  ino_t inode = 0;
};
bool operator==(const Identity& a, const Identity& b) {
  return a.device == b.device && a.inode == b.inode;
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

std::optional<struct stat> status_of(const OutputTarget& target) {
  if (target.descriptor < 0) return status_of(target.file);
  struct stat status = {};
  if (::fstat(target.descriptor, &status) != 0) return std::nullopt;
  return status;
}

Identity identity(const struct stat& status) { return {status.st_dev, status.st_ino}; }

/// The descriptor that a path in /proc/PID/fd or /proc/PID/task/TID/fd of this process names.
std::optional<int> descriptor_of(const fs::path& folder, const std::string& name) {
  const std::string own = fmt::format("/proc/{}/", ::getpid());
  const std::string text = folder.string() + "/";
  if (text.compare(0, own.size(), own) != 0 || folder.filename() != "fd") return std::nullopt;
  if (name.empty() || name.size() > 6 || name.find_first_not_of("0123456789") != std::string::npos)
    return std::nullopt;
  return std::stoi(name);
}

/// What is at the end of a path that has been followed.
OutputTarget classified(const std::string& path, const std::string& file) {
  const std::optional<struct stat> status = status_of(file);
  if (!status) return {file};
  if (S_ISDIR(status->st_mode)) throw OutputError(path, "write", EISDIR);
  if (S_ISSOCK(status->st_mode)) throw OutputError(path, "write", ENXIO);
  return {file, !S_ISREG(status->st_mode)};
}

void check_stream(const std::string& path, const OutputTarget& target) {
  if (target.descriptor >= 0) {
    const int flags = ::fcntl(target.descriptor, F_GETFL);
    if (flags < 0) throw OutputError(path, "write", errno);
    if ((flags & O_ACCMODE) == O_RDONLY) throw OutputError(path, "write", EBADF);
    return;
  }
  // Opening a pipe would wait for its reader.
  if (::access(target.file.c_str(), W_OK) != 0) throw OutputError(path, "write", errno);
}

/// In a folder such as /tmp only the owners of a file and of the folder may replace it.
void check_sticky(const std::string& path, const std::string& file, const struct stat& status) {
  const auto folder = status_of(fs::path(file).parent_path().string());
  const uid_t user = ::geteuid();
  if (folder && (folder->st_mode & S_ISVTX) != 0 && user != 0 && user != status.st_uid &&
      user != folder->st_uid) {
    throw OutputError(path, "replace the file", EPERM);
  }
}

}  // namespace

OutputError::OutputError(const std::string& path, const char* action, int error)
    : RunError(fmt::format("{}: cannot {}: {}", path.empty() ? "''" : path, action,
                           std::strerror(error))),
      number(error) {}

OutputTarget output_target(const std::string& path) {
  constexpr int kMostLinks = 40;  // as the kernel's
  if (path.empty()) throw OutputError(path, "write", ENOENT);
  if (path == "-") return {"/dev/stdout", true, STDOUT_FILENO};
  fs::path at = path;
  for (int links = 0; links < kMostLinks; ++links) {
    const std::string name = at.filename().string();
    if (name.empty() || name == "." || name == "..") {
      if (status_of(at.string())) throw OutputError(path, "write", EISDIR);
      throw OutputError(path, "write", ENOENT);
    }
    const fs::path parent = at.has_parent_path() ? at.parent_path() : fs::path(".");
    char* const real = ::realpath(parent.c_str(), nullptr);
    if (real == nullptr) throw OutputError(path, "write", errno);
    const fs::path folder = real;
    std::free(real);
    if (const auto descriptor = descriptor_of(folder, name)) return {path, true, *descriptor};
    const std::string file = (folder / name).string();
    struct stat status = {};
    if (::lstat(file.c_str(), &status) != 0) {
      if (errno != ENOENT) throw OutputError(path, "write", errno);
      return {file};
    }
    if (!S_ISLNK(status.st_mode)) return classified(path, file);
    // A link of another process's /proc/PID/fd leads to what has no path; the kernel follows it.
    if (folder.filename() == "fd" && folder.string().compare(0, 6, "/proc/") == 0) {
      if (!status_of(file)) throw OutputError(path, "write", errno);
      return {file, true};
    }
    char link[PATH_MAX];
    const ssize_t length = ::readlink(file.c_str(), link, sizeof link);
    if (length < 0) throw OutputError(path, "follow the link", errno);
    const fs::path next = std::string(link, static_cast<std::size_t>(length));
    at = next.is_absolute() ? next : folder / next;
  }
  throw OutputError(path, "follow the link", ELOOP);
}

bool same_target(const OutputTarget& a, const OutputTarget& b) {
  const auto status_a = status_of(a), status_b = status_of(b);
  if (a.stream || b.stream) {
    static const auto null = status_of("/dev/null");
    if (!status_a || !status_b || !(identity(*status_a) == identity(*status_b))) return false;
    return !null || !(identity(*status_a) == identity(*null));
  }
  // By folder and name: either file may not exist yet, and a hard link is another file once one of
  // them has been replaced.
  const fs::path file_a = a.file, file_b = b.file;
  const auto folder_a = status_of(file_a.parent_path().string());
  const auto folder_b = status_of(file_b.parent_path().string());
  return folder_a && folder_b && identity(*folder_a) == identity(*folder_b) &&
         file_a.filename() == file_b.filename();
}

bool is_file_behind(int descriptor, const OutputTarget& target) {
  struct stat status = {};
  if (target.stream || ::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return false;
  const auto there = status_of(target.file);
  return there && identity(*there) == identity(status);
}

void check_output(const std::string& path) {
  const OutputTarget target = output_target(path);
  if (target.stream) {
    check_stream(path, target);
    return;
  }
  if (const auto there = status_of(target.file)) {
    if (::access(target.file.c_str(), W_OK) != 0) throw OutputError(path, "write", errno);
    check_sticky(path, target.file, *there);
  }
  if (const int error = refusal_beside(target.file); error != 0)
    throw OutputError(path, "write", error);
}

void check_output_folder(const std::string& path) {
  if (path.empty()) throw OutputError(path, "write", ENOENT);
  fs::path at = fs::absolute(path);
  struct stat status = {};
  while (::lstat(at.c_str(), &status) != 0) {
    if (errno != ENOENT || at == at.parent_path()) throw OutputError(path, "write", errno);
    at = at.parent_path();
  }
  if (::stat(at.c_str(), &status) != 0) throw OutputError(path, "follow the link", errno);
  if (!S_ISDIR(status.st_mode)) throw OutputError(path, "write", ENOTDIR);
  if (const int error = refusal_beside((at / "output").string()); error != 0)
    throw OutputError(path, "write", error);
}

}  // namespace kirchhoff
