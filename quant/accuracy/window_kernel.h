#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/accuracy/lane_map.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Most output channels that one pass over a window accumulates: 6 x 16 sums fill AVX2's registers.
inline constexpr int kChannelBlock = 6;

/// Numbers that lie side by side in 32 bits, are multiplied by as many weights and added to one
/// 32-bit sum in one instruction. Products of 8-bit integers and their sums are exact in it; those
/// of larger ones in 16 bits wrap, as Winograd's may.
enum class Together {
  kPairs = 2,  ///< of 16 bits
  kQuads = 4,  ///< bytes without sign, weights with one: one instruction with AVX-512 only
};

/// How a band of a layer's input is laid out for that. A group of numbers is of as many channels
/// or, where that needs fewer groups (one channel), kernel rows.
struct TapLayout {
  /// Of so many lines of windows.
  TapLayout(const Layer& layer, int lines, Together together);

  Together together = Together::kPairs;
  bool by_rows = false;
  int planes = 0;             ///< of groups of numbers, in a group of the layer's channels
  int height = 0, width = 0;  ///< of a padded plane's part

  /// Taps of a window.
  int taps(const Layer& layer) const {
    return planes * (by_rows ? groups_in(layer.kernel_height) : layer.kernel_height) *
           layer.kernel_width;
  }
  std::size_t size(int groups) const {
    return static_cast<std::size_t>(groups) * planes * height * width * kLanes * 2;
  }
  /// Distance in 16-bit numbers of position (plane, y, x) from the start.
  std::ptrdiff_t offset(int plane, int y, int x) const {
    return ((static_cast<std::ptrdiff_t>(plane) * height + y) * width + x) * kLanes * 2;
  }
  /// Groups that so many channels or rows take.
  int groups_in(int count) const {
    return (count + static_cast<int>(together) - 1) / static_cast<int>(together);
  }
};

/// One row of one plane.
struct PackedRow {
  /// Rows of the map whose values come side by side; null: zeros.
  const std::uint8_t* rows[static_cast<int>(Together::kQuads)] = {};
  int left = 0, width = 0, right = 0;  ///< zeros, pixels, zeros
  std::int16_t* packed = nullptr;
};
/// Two rows, as numbers of 16 bits.
void pack_pair_row(const PackedRow& row, bool has_sign);

/// What is added to a number with a sign to make it a byte without, where bytes are multiplied.
inline constexpr int kByteOffset = 128;

/// Copies a band of a map into groups, with the layer's zero padding: from the row that is
/// `first_row` of the padded map. Of quads of numbers with a sign, all have kByteOffset added.
void pack_taps(const Layer& layer, const TapLayout& layout, const LaneMap& map, int first_row,
               std::int16_t* packed);

/// A row of windows of up to kChannelBlock output channels.
struct WindowRow {
  Together together = Together::kPairs;
  const std::int16_t* input = nullptr;  ///< the first window's top left group
  std::ptrdiff_t step = 0;              ///< 16-bit numbers from one window to the next
  int windows = 0;
  const std::ptrdiff_t* offsets = nullptr;  ///< of every tap from the window's top left group
  int taps = 0;
  const std::int32_t* weights = nullptr;  ///< (tap, channel): two 16-bit weights or four bytes
  int channels = 0;
  const std::int32_t* starts = nullptr;  ///< what every channel's sums begin with; null: zeros
  std::int32_t* sums = nullptr;          ///< (window, channel, lane), modulo 2^32
};
void accumulate(const WindowRow& row);

}  // namespace kirchhoff::quant
