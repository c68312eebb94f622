#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <zlib.h>

#include "base/output_file.h"
#include "traces/fst_conversion.h"
#include "traces/trace_window.h"

namespace kirchhoff {

/// What becomes of the text of a trace on its way to the file.
enum class TraceForm {
  kByName,  ///< nothing, or gzip where the path ends in ".gz"
  kFst,     ///< a value change dump becomes an FST (traces/fst_conversion.h)
};

/// A growing trace: an OutputFile with a buffer, so it appears whole or not at all, and one that is
/// destroyed unpublished leaves nothing. Nothing throws
/// while the simulation runs, because that happens in SystemC processes: what the disk refused is
/// reported by publish().
class TraceFile {
 public:
  /// Throws RunError when the file cannot be created, or an FST not be made.
  explicit TraceFile(std::string path, std::uint64_t limit_bytes = kNoTraceLimit,
                     TraceForm form = TraceForm::kByName);
  ~TraceFile();
  TraceFile(const TraceFile&) = delete;
  TraceFile& operator=(const TraceFile&) = delete;

  /// Where the next text goes; flush() writes it out once there is enough of it.
  std::string& buffer() { return buffer_; }
  void flush(std::size_t at_least = kBufferBytes) noexcept;
  /// Bytes on disk so far, and those that wait in the buffer unless the file is compressed. Of an
  /// FST the text's, until publish().
  std::uint64_t bytes() const noexcept;
  bool full() const noexcept { return bytes() >= limit_; }
  std::uint64_t limit() const { return limit_; }
  bool open() const { return file_.has_value(); }
  const std::string& path() const { return path_; }

  /// Makes the file appear. Throws RunError when the disk refused, or vcd2fst failed.
  void publish();
  /// Removes what there is.
  void discard() noexcept;

 private:
  static constexpr std::size_t kBufferBytes = 1 << 18;
  bool end_compression() noexcept;
  void take_converted();

  const std::string path_;
  const std::uint64_t limit_;
  std::optional<OutputFile> file_;
  gzFile compressed_ = nullptr;
  std::unique_ptr<FstConversion> conversion_;
  int disk_error_ = 0;
  std::uint64_t written_ = 0;
  std::string buffer_;
};

}  // namespace kirchhoff
