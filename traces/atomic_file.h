#pragma once

#include <string>

namespace kirchhoff {

/// Writes a file so that it appears whole or not at all: the contents go to a temporary file in the
/// same directory, reach the disk, and take the place of `path` in one step. Throws RunError with
/// the path and the system's reason; the temporary file is removed then. A symbolic link is
/// followed, and a device or pipe such as /dev/stdout is simply written to.
void write_file_atomically(const std::string& path, const std::string& contents);

/// The second half of the above for writers that stream: brings the finished file `temporary` to
/// the disk and renames it to `path`. Throws RunError; the temporary file is removed then.
void publish_file(const std::string& temporary, const std::string& path);

}  // namespace kirchhoff
