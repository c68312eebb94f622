#pragma once

#include <cstddef>
#include <functional>
#include <string>

namespace kirchhoff {

/// Lines that are kept in a file across runs and processes. The file's first line names what the
/// others depend on; a file of something else is begun anew. Every line ends in a checksum; one
/// that does not fit is left out with a warning, and what it said is measured anew. Lines are
/// appended whole, so processes may share a file. One that cannot be written costs time only.
class LineMemo {
 public:
  /// Reads the file, if `path` is not empty, of at most `most` bytes, and hands the values of every
  /// line to `take`, which says whether they make sense.
  LineMemo(std::string path, std::string header, std::size_t most,
           const std::function<bool(const std::string& values)>& take);
  /// `values`: without a line's end.
  void append(const std::string& values) const;

 private:
  std::string line_of(const std::string& values) const;

  const std::string path_, header_;
};

}  // namespace kirchhoff
