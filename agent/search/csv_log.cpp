#include "agent/search/csv_log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/input_file.h"

namespace kirchhoff::agent {
namespace {

[[noreturn]] void fail(const std::string& path, const char* action) {
  throw RunError(fmt::format("{}: cannot {}: {}", path, action, std::strerror(errno)));
}

}  // namespace

CsvLog::~CsvLog() {
  if (file_ >= 0) ::close(file_);
}

void CsvLog::create(const std::string& columns) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
  if (file_ < 0) fail(path_, "create the file");
  append(columns);
}

void CsvLog::resume(const Mark& mark) {
  InputFile earlier(path_, InputKind::kFile);
  std::array<char, 65536> block{};
  while (bytes_ < mark.bytes) {
    const auto wanted = std::min<std::uint64_t>(block.size(), mark.bytes - bytes_);
    const std::size_t got = earlier.read(block.data(), wanted);
    if (got == 0) {
      throw InputError(fmt::format("{}: {} bytes: the run's checkpoint needs at least {}", path_,
                                   bytes_, mark.bytes));
    }
    digest_.add(block.data(), got);
    bytes_ += got;
  }
  if (digest_.value() != mark.digest) {
    throw InputError(
        fmt::format("{}: the first {} bytes are not those that the run had written when "
                    "it was stopped",
                    path_, mark.bytes));
  }
  file_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file_ < 0) fail(path_, "open");
  if (::ftruncate(file_, static_cast<off_t>(mark.bytes)) != 0) fail(path_, "cut");
}

void CsvLog::append(const std::string& row) {
  const std::string line = row + '\n';
  const char* next = line.data();
  std::size_t left = line.size();
  while (left > 0) {
    const ssize_t written = ::write(file_, next, left);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path_, "write");
    next += written;
    left -= static_cast<std::size_t>(written);
  }
  digest_.add(line.data(), line.size());
  bytes_ += line.size();
}

void CsvLog::sync() {
  if (file_ >= 0 && ::fdatasync(file_) != 0 && errno != EINVAL) fail(path_, "write");
}

}  // namespace kirchhoff::agent
