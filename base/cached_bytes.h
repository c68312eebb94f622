#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace kirchhoff {

/// The contents of a file of a cache; nothing when it is not there. What cannot be read, is no
/// regular file or has more than `most` bytes is nothing, too, with a warning: a cache costs time
/// only.
std::optional<std::string> cached_bytes(const std::string& path, std::size_t most);

}  // namespace kirchhoff
