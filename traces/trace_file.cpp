#include "traces/trace_file.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace kirchhoff {

namespace {

bool ends_in_gz(const std::string& path) {
  return path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
}

}  // namespace

TraceFile::TraceFile(std::string path, std::uint64_t limit_bytes)
    : path_(std::move(path)), limit_(limit_bytes) {
  file_.emplace(path_);
  if (ends_in_gz(path_)) {
    // zlib closes what it writes to.
    const int copy = ::fcntl(file_->descriptor(), F_DUPFD_CLOEXEC, 3);
    // Level 3 takes a third of the time of the default and makes files a tenth larger.
    if (copy >= 0) compressed_ = gzdopen(copy, "wb3");
    if (compressed_ == nullptr) {
      const int error = errno != 0 ? errno : ENOMEM;
      if (copy >= 0) ::close(copy);
      throw OutputError(path_, "create the file", error);
    }
  }
  buffer_.reserve(kBufferBytes + 4096);
}

TraceFile::~TraceFile() { discard(); }

void TraceFile::flush(std::size_t at_least) noexcept {
  if (buffer_.size() < at_least || buffer_.empty()) return;
  if (disk_error_ == 0 && open()) {
    if (compressed_ == nullptr) {
      disk_error_ = file_->write(buffer_);
    } else {
      errno = 0;
      if (gzwrite(compressed_, buffer_.data(), static_cast<unsigned>(buffer_.size())) <= 0)
        disk_error_ = errno != 0 ? errno : EIO;
    }
  }
  written_ += buffer_.size();
  buffer_.clear();
}

std::uint64_t TraceFile::bytes() const noexcept {
  // Behind a pipe nobody can look; the text's own size stands for the compressed one.
  if (compressed_ == nullptr || file_->is_stream()) return written_ + buffer_.size();
  return static_cast<std::uint64_t>(std::max<z_off_t>(gzoffset(compressed_), 0));
}

bool TraceFile::end_compression() noexcept {
  if (compressed_ == nullptr) return true;
  errno = 0;
  const bool good = gzclose(compressed_) == Z_OK;
  compressed_ = nullptr;
  return good;
}

void TraceFile::publish() {
  if (!open()) return;
  flush(0);
  if (!end_compression() && disk_error_ == 0) disk_error_ = errno != 0 ? errno : EIO;
  if (disk_error_ != 0) {
    file_.reset();
    throw OutputError(path_, "write", disk_error_);
  }
  const off_t end = file_->is_stream() ? -1 : ::lseek(file_->descriptor(), 0, SEEK_END);
  if (end >= 0) written_ = static_cast<std::uint64_t>(end);
  file_->publish();
  file_.reset();
}

void TraceFile::discard() noexcept {
  end_compression();
  file_.reset();
}

}  // namespace kirchhoff
