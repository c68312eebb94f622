#include "traces/trace_file.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "base/input_file.h"

namespace kirchhoff {

namespace {

bool ends_in_gz(const std::string& path) {
  return path.size() > 3 && path.compare(path.size() - 3, 3, ".gz") == 0;
}

}  // namespace

TraceFile::TraceFile(std::string path, std::uint64_t limit_bytes, TraceForm form)
    : path_(std::move(path)), limit_(limit_bytes) {
  if (form == TraceForm::kFst) conversion_ = std::make_unique<FstConversion>(path_);
  file_.emplace(path_);
  if (form == TraceForm::kByName && ends_in_gz(path_)) {
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
    if (conversion_ != nullptr) {
      disk_error_ = conversion_->write(buffer_);
    } else if (compressed_ == nullptr) {
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

void TraceFile::take_converted() {
  if (conversion_ == nullptr) return;
  // Moved here first: whatever happens, it ends with this function.
  const auto conversion = std::move(conversion_);
  std::string bytes(kBufferBytes, '\0');
  // Why it no longer read is what finish() says of it.
  InputFile fst(conversion->finish(), InputKind::kFile);
  while (disk_error_ == 0) {
    const std::size_t count = fst.read(bytes.data(), bytes.size());
    if (count == 0) break;
    disk_error_ = file_->write(std::string_view(bytes.data(), count));
  }
}

void TraceFile::publish() {
  if (!open()) return;
  flush(0);
  try {
    take_converted();
  } catch (...) {
    file_.reset();
    throw;
  }
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
  conversion_.reset();
  file_.reset();
}

}  // namespace kirchhoff
