#pragma once

#include <string>

namespace kirchhoff {

/// Writes an output in one go, as OutputFile does: whole or not at all, through links, and into
/// devices and pipes. RunError with the path and the system's reason.
void write_file_atomically(const std::string& path, const std::string& contents);

}  // namespace kirchhoff
