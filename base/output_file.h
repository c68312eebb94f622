#pragma once

#include <string>
#include <string_view>

#include "base/output_target.h"

namespace kirchhoff {

/// An output while it is written: the one way in which this program writes files.
///
/// Links are followed and stay. A regular file appears whole or not at all: its contents go to a
/// file of a random name beside the target, reach the disk, and take the target's place and mode
/// in one step. A device, a pipe or an open descriptor is a stream, which gets the bytes as they
/// come. What a killed process left beside the same target is removed first.
class OutputFile {
 public:
  /// RunError naming `path` and the system's reason. Waits for the reader of a named pipe.
  explicit OutputFile(std::string path);
  /// An output that was not published leaves nothing; what a stream has got, it has got.
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& path() const { return path_; }
  bool is_stream() const { return target_.stream; }
  /// For a writer that needs the descriptor itself; it stays ours.
  int descriptor() const { return file_; }

  /// 0 or the system's error number.
  int write(std::string_view bytes) noexcept;
  /// Makes the file appear. RunError when the disk refused; nothing is left of it then.
  void publish();

 private:
  void abandon() noexcept;

  const std::string path_;
  const OutputTarget target_;
  std::string temporary_;
  int file_ = -1;
};

/// The error number with which the system refuses to write `file` anew; 0 when it does not. Removes
/// remnants as well.
int refusal_beside(const std::string& file);

/// True for the name of a file that an OutputFile of a killed process may have left.
bool is_output_remnant(const std::string& name);

}  // namespace kirchhoff
