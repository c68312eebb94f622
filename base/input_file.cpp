#include "base/input_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/quote.h"

namespace kirchhoff {
namespace {

const char* unfit(mode_t mode, InputKind kind) {
  if (S_ISREG(mode)) return nullptr;
  if (S_ISDIR(mode)) return "is a folder, not a file";
  if (S_ISSOCK(mode)) return "is a socket, not a file";
  if (S_ISBLK(mode)) return "is a block device, not a file";
  if (kind == InputKind::kStream) return nullptr;
  return S_ISFIFO(mode) ? "is a pipe: must be a regular file"
                        : "is a device: must be a regular file";
}

void refuse_unfit(const std::string& path, mode_t mode, InputKind kind) {
  if (const char* const reason = unfit(mode, kind); reason != nullptr) {
    throw InputError(fmt::format("{}: {}", shown_path(path), reason));
  }
}

}  // namespace

InputFile::InputFile(const std::string& path, InputKind kind) : path_(path) {
  const auto cannot_open = [&] {
    return InputError(fmt::format("{}: cannot open: {}", shown_path(path), std::strerror(errno)));
  };
  // Before it is opened, because opening a pipe waits and opening a device may do anything.
  struct stat status = {};
  if (::stat(path.c_str(), &status) != 0) throw cannot_open();
  refuse_unfit(path, status.st_mode, kind);
  const int waits_not = kind == InputKind::kFile ? O_NONBLOCK : 0;
  file_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | waits_not);
  if (file_ < 0) throw cannot_open();
  // Again, because another file may have taken its place.
  if (::fstat(file_, &status) != 0) status.st_mode = S_IFSOCK;
  try {
    refuse_unfit(path, status.st_mode, kind);
  } catch (...) {
    ::close(file_);
    throw;
  }
  regular_ = S_ISREG(status.st_mode);
  if (regular_) size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(file_); }

std::size_t InputFile::read(void* bytes, std::size_t count) {
  std::size_t got = 0;
  while (got < count) {
    const ssize_t piece = ::read(file_, static_cast<char*>(bytes) + got, count - got);
    if (piece < 0 && errno == EINTR) continue;
    if (piece < 0) {
      throw InputError(fmt::format("{}: offset {}: cannot read: {}", shown_path(path_), offset_,
                                   std::strerror(errno)));
    }
    if (piece == 0) break;
    got += static_cast<std::size_t>(piece);
    offset_ += static_cast<std::uint64_t>(piece);
  }
  return got;
}

std::string read_all(InputFile& file, std::size_t most) {
  const auto too_long = [&](std::uint64_t bytes, const char* more) {
    return InputError(fmt::format("{}: {}{} bytes: must be at most {}", shown_path(file.path()),
                                  more, bytes, most));
  };
  if (file.size() > most) throw too_long(file.size(), "");
  constexpr std::size_t kPiece = 1 << 16;
  std::string bytes;
  while (true) {
    const std::size_t before = bytes.size();
    // One byte more than the size tells the end without growing again.
    const std::size_t known = std::max<std::size_t>(file.size() + 1, before + kPiece);
    bytes.resize(std::min(known, most + 1));
    const std::size_t wanted = bytes.size() - before;
    const std::size_t got = file.read(bytes.data() + before, wanted);
    bytes.resize(before + got);
    if (bytes.size() > most) throw too_long(most, "more than ");
    if (got < wanted) return bytes;
  }
}

std::string file_bytes(const std::string& path, std::size_t most) {
  InputFile file(path, InputKind::kFile);
  return read_all(file, most);
}

}  // namespace kirchhoff
