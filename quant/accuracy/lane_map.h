#pragma once

#include <cstdint>

namespace kirchhoff::quant {

/// Images that are evaluated side by side, one per vector lane. A map in lane order is (channel,
/// row, column, lane), so every loop over lanes is a vector instruction whatever the layer's shape
/// is.
inline constexpr int kLanes = 16;

/// Maps in lane order that a layer reads as one, channel after channel, wherever each lies.
struct LaneMap {
  const std::uint8_t* const* planes = nullptr;  ///< of every channel: (row, column, lane)
  int bits = 8;                                 ///< of a value
  bool has_sign = false;                        ///< bytes in two's complement
};

}  // namespace kirchhoff::quant
