#pragma once

#include <cstdint>
#include <string>

#include "base/digest.h"

namespace kirchhoff::agent {

/// A file that only grows by whole rows. A checkpoint remembers its length and digest; what was
/// written after the checkpoint is cut off again when the run is resumed.
class CsvLog {
 public:
  struct Mark {
    std::uint64_t bytes = 0;
    std::uint64_t digest = 0;
  };

  explicit CsvLog(std::string path) : path_(std::move(path)) {}
  ~CsvLog();
  CsvLog(const CsvLog&) = delete;
  CsvLog& operator=(const CsvLog&) = delete;

  /// Starts a new file that holds the row of column names only.
  void create(const std::string& columns);
  /// Opens the file as it was at `mark`. InputError naming the file when it is shorter or
  /// different.
  void resume(const Mark& mark);
  /// Adds a row. RunError when that fails.
  void append(const std::string& row);
  /// Brings the rows to the disk, so that a checkpoint never knows rows that a power cut can take.
  void sync();
  Mark mark() const { return {bytes_, digest_.value()}; }

 private:
  const std::string path_;
  int file_ = -1;
  std::uint64_t bytes_ = 0;
  Digest digest_;
};

}  // namespace kirchhoff::agent
