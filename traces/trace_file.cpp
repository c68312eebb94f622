#include "traces/trace_file.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>
#include <unistd.h>

#include "traces/atomic_file.h"
#include "traces/error.h"

namespace kirchhoff {

namespace {

bool ends_in_gz(const std::string& path) {
  return path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
}

}  // namespace

TraceFile::TraceFile(std::string path, std::uint64_t limit_bytes)
    : path_(std::move(path)), temporary_(path_ + ".tmp"), limit_(limit_bytes) {
  errno = 0;
  if (ends_in_gz(path_)) {
    // Level 3 takes a third of the time of the default and makes files a tenth larger.
    compressed_ = gzopen(temporary_.c_str(), "wbe3");
  } else {
    plain_ = std::fopen(temporary_.c_str(), "we");
  }
  if (!open()) throw RunError(fmt::format("{}: cannot create: {}", path_, std::strerror(errno)));
  // buffer_ is the only buffer.
  if (plain_ != nullptr) std::setvbuf(plain_, nullptr, _IONBF, 0);
  buffer_.reserve(kBufferBytes + 4096);
}

TraceFile::~TraceFile() { discard(); }

void TraceFile::flush(std::size_t at_least) noexcept {
  if (buffer_.size() < at_least || buffer_.empty()) return;
  if (disk_error_ == 0) {
    errno = 0;
    const bool done =
        compressed_ != nullptr
            ? gzwrite(compressed_, buffer_.data(), static_cast<unsigned>(buffer_.size())) > 0
            : plain_ != nullptr &&
                  std::fwrite(buffer_.data(), 1, buffer_.size(), plain_) == buffer_.size();
    if (!done) disk_error_ = errno != 0 ? errno : EIO;
  }
  written_ += buffer_.size();
  buffer_.clear();
}

std::uint64_t TraceFile::bytes() const noexcept {
  if (compressed_ == nullptr) return written_ + buffer_.size();
  const auto offset = gzoffset(compressed_);
  return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

bool TraceFile::close_handles() noexcept {
  bool good = true;
  errno = 0;
  if (plain_ != nullptr) good = std::fclose(plain_) == 0;
  if (compressed_ != nullptr) good = gzclose(compressed_) == Z_OK;
  plain_ = nullptr;
  compressed_ = nullptr;
  return good;
}

void TraceFile::publish() {
  if (!open()) return;
  flush(0);
  if (!close_handles() && disk_error_ == 0) disk_error_ = errno != 0 ? errno : EIO;
  if (disk_error_ != 0) {
    ::unlink(temporary_.c_str());
    throw RunError(fmt::format("{}: cannot write: {}", path_, std::strerror(disk_error_)));
  }
  publish_file(temporary_, path_);
}

void TraceFile::discard() noexcept {
  if (!open()) return;
  close_handles();
  ::unlink(temporary_.c_str());
}

}  // namespace kirchhoff
