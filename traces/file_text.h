#pragma once

#include <string>

namespace kirchhoff {

/// The contents of a file. InputError with the path when it is a folder or cannot be read.
std::string file_text(const std::string& path);

}  // namespace kirchhoff
