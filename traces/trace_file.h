#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <zlib.h>

#include "base/output_file.h"
#include "traces/trace_window.h"

namespace kirchhoff {

/// A growing trace: an OutputFile with a buffer, so it appears whole or not at all, and one that is
/// destroyed unpublished leaves nothing. A path that ends in ".gz" is compressed. Nothing throws
/// while the simulation runs, because that happens in SystemC processes: what the disk refused is
/// reported by publish().
class TraceFile {
 public:
  /// Throws RunError when the file cannot be created.
  explicit TraceFile(std::string path, std::uint64_t limit_bytes = kNoTraceLimit);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  /// Where the next text goes; flush() writes it out once there is enough of it.
  std::string& buffer() { return buffer_; }
  void flush(std::size_t at_least = kBufferBytes) noexcept;
  /// Bytes on disk so far, and those that wait in the buffer unless the file is compressed.
  std::uint64_t bytes() const noexcept;
  bool full() const noexcept { return bytes() >= limit_; }
  std::uint64_t limit() const { return limit_; }
  bool open() const { return file_.has_value(); }
  const std::string& path() const { return path_; }

  /// Makes the file appear. Throws RunError when the disk refused.
  void publish();
  /// Removes what there is.
  void discard() noexcept;

 private:
  static constexpr std::size_t kBufferBytes = 1 << 18;
  bool end_compression() noexcept;

  const std::string path_;
  const std::uint64_t limit_;
  std::optional<OutputFile> file_;
  gzFile compressed_ = nullptr;
  int disk_error_ = 0;
  std::uint64_t written_ = 0;
  std::string buffer_;
};

}  // namespace kirchhoff
