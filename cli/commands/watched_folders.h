#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kirchhoff::cli {

/// A number that is another one, as good as always, once a file in these folders has come, gone,
/// grown or been written. Files may stand for folders.
std::uint64_t fingerprint(const std::vector<std::string>& folders);

}  // namespace kirchhoff::cli
