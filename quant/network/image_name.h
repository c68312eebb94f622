#pragma once

#include <cstdint>
#include <vector>

#include "base/digest.h"

namespace kirchhoff::quant {

/// What an image's noise is named by: its pixels, so that an image meets the same noise wherever it
/// lies in whatever data.
inline std::uint32_t image_name(const std::uint8_t* pixels, std::size_t count) {
  Digest digest;
  digest.add(pixels, count);
  return static_cast<std::uint32_t>(digest.value() ^ digest.value() >> 32);
}
inline std::uint32_t image_name(const std::vector<std::uint8_t>& image) {
  return image_name(image.data(), image.size());
}

}  // namespace kirchhoff::quant
