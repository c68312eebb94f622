#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include <zlib.h>

#include "traces/trace_window.h"

namespace kirchhoff {

/// A growing trace on disk. It is written as PATH.tmp and renamed by publish(), so it appears whole
/// or not at all; one that is destroyed unpublished leaves nothing. A path that ends in ".gz" is
/// compressed. write() never throws, because it runs in SystemC processes: what the disk refused is
/// reported by publish().
class TraceFile {
 public:
  /// Throws RunError when PATH.tmp cannot be created.
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
  bool open() const { return plain_ != nullptr || compressed_ != nullptr; }
  const std::string& path() const { return path_; }

  /// Makes the file appear. Throws RunError when the disk refused.
  void publish();
  /// Removes what there is.
  void discard() noexcept;

 private:
  static constexpr std::size_t kBufferBytes = 1 << 18;
  bool close_handles() noexcept;

  const std::string path_, temporary_;
  const std::uint64_t limit_;
  std::FILE* plain_ = nullptr;
  gzFile compressed_ = nullptr;
  int disk_error_ = 0;
  std::uint64_t written_ = 0;
  std::string buffer_;
};

}  // namespace kirchhoff
