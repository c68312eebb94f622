#pragma once

#include <string>

#include "base/error.h"

namespace kirchhoff {

/// An output that cannot be written: "PATH: cannot ACTION: reason", and the system's error number.
class OutputError : public RunError {
 public:
  OutputError(const std::string& path, const char* action, int number);
  const int number;
};

/// Where an output of the program leads once its symbolic links are followed.
struct OutputTarget {
  std::string file;     ///< what a regular output replaces, or the stream to open
  bool stream = false;  ///< a device, pipe or open descriptor: written to, never replaced
  int descriptor = -1;  ///< of a stream that this process has open: /dev/stdout is 1

  bool is_standard_output() const { return descriptor == 1; }
};

/// Follows `path` to its end, also where no file is yet. "-" is standard output. OutputError when
/// it leads nowhere: an empty path, a folder that does not exist, a loop of links, a folder itself.
OutputTarget output_target(const std::string& path);

/// True when both would write to the same place, whatever their spelling. What several write to
/// /dev/null is lost alike, so there it is false.
bool same_target(const OutputTarget& a, const OutputTarget& b);

/// True when `target` is the regular file that a descriptor of this process writes to, as after
/// `> FILE` in a shell: replacing it would lose what is written there.
bool is_file_behind(int descriptor, const OutputTarget& target);

/// Makes sure that an output can be written, before the work for it: a file is created beside the
/// target and removed again, a stream is asked for its permissions. OutputError when it cannot.
void check_output(const std::string& path);
/// The same for a folder that the program fills; what is missing of it will be created.
void check_output_folder(const std::string& path);

}  // namespace kirchhoff
