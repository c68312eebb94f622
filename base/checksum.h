#pragma once

#include <cstdint>
#include <string_view>

namespace kirchhoff {

/// CRC-32 as gzip and zlib have it, of `bytes` behind what gave `before`: enough against damage and
/// against a digit that somebody edits, not against somebody who computes it anew.
std::uint32_t crc32_of(std::string_view bytes, std::uint32_t before = 0);

}  // namespace kirchhoff
