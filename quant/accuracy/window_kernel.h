#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/accuracy/lane_map.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Most output channels that one pass over a window accumulates: 6 x 16 sums fill AVX2's registers.
inline constexpr int kChannelBlock = 6;

/// How a band of a layer's input is laid out for multiply-and-add of pairs: two 16-bit inputs that
/// lie side by side are multiplied by two weights and added to one 32-bit sum in one instruction.
/// Products of 8-bit integers and their sums are exact in it; larger ones wrap, as Winograd's may.
/// A pair is two channels of a group, or two kernel rows where that needs fewer pairs (one
/// channel).
struct PairLayout {
  /// Of so many lines of windows.
  PairLayout(const Layer& layer, int lines);

  bool pairs_rows = false;
  int planes = 0;             ///< pair planes of a group
  int height = 0, width = 0;  ///< of a padded plane's part

  std::size_t size(int groups) const {
    return static_cast<std::size_t>(groups) * planes * height * width * kLanes * 2;
  }
  /// Distance in 16-bit numbers of position (plane, y, x) from the start.
  std::ptrdiff_t offset(int plane, int y, int x) const {
    return ((static_cast<std::ptrdiff_t>(plane) * height + y) * width + x) * kLanes * 2;
  }
};

/// One row of one plane of pairs.
struct PairRow {
  const std::uint8_t* first = nullptr;  ///< row of the map whose values come first; null: zeros
  const std::uint8_t* second = nullptr;
  int left = 0, width = 0, right = 0;  ///< zeros, pixels, zeros
  std::int16_t* pairs = nullptr;
};
void pack_pair_row(const PairRow& row, bool has_sign);

/// Copies a band of a map into pairs, with the layer's zero padding: from the row that is
/// `first_row` of the padded map.
void pack_pairs(const Layer& layer, const PairLayout& layout, const LaneMap& map, int first_row,
                std::int16_t* pairs);

/// A row of windows of up to kChannelBlock output channels.
struct WindowRow {
  const std::int16_t* input = nullptr;  ///< the first window's top left pair
  std::ptrdiff_t step = 0;              ///< 16-bit numbers from one window to the next
  int windows = 0;
  const std::ptrdiff_t* offsets = nullptr;  ///< of every tap from the window's top left pair
  int taps = 0;
  const std::int32_t* weights = nullptr;  ///< (tap, channel): two 16-bit weights
  int channels = 0;
  std::int32_t* sums = nullptr;  ///< (window, channel, lane), modulo 2^32
};
void accumulate(const WindowRow& row);

}  // namespace kirchhoff::quant
