#pragma once

#include <cstddef>
#include <cstdint>

#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Images that are evaluated side by side, one per vector lane. A map in lane order is (channel,
/// row, column, lane), so every loop over lanes is a vector instruction whatever the layer's shape
/// is.
inline constexpr int kLanes = 16;
/// Most output channels that one pass over a window accumulates: 6 x 16 sums fill AVX2's registers.
inline constexpr int kChannelBlock = 6;

/// How a layer's input is laid out for multiply-and-add of pairs: two 16-bit inputs that lie side
/// by side are multiplied by two weights and added to one 32-bit sum in one instruction. Products
/// of 8-bit integers and their sums are exact in it; larger ones wrap, as Winograd's may. A pair is
/// two channels, or two kernel rows where that needs fewer pairs (a one-channel image).
struct PairLayout {
  explicit PairLayout(const Layer& layer);

  bool pairs_rows = false;
  int planes = 0;             ///< pair planes
  int height = 0, width = 0;  ///< of a padded plane
  int taps = 0;               ///< pairs under the kernel

  std::size_t size() const {
    return static_cast<std::size_t>(planes) * height * width * kLanes * 2;
  }
  /// Distance in 16-bit numbers of position (plane, y, x) from the start.
  std::ptrdiff_t offset(int plane, int y, int x) const {
    return ((static_cast<std::ptrdiff_t>(plane) * height + y) * width + x) * kLanes * 2;
  }
};

/// Copies a map in lane order into pairs, with the layer's zero padding. `shift` > 0 reduces 8-bit
/// pixels to 8 - shift bits as quantise_image does.
void pack_pairs(const Layer& layer, const PairLayout& layout, const std::uint8_t* map, int shift,
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

/// Pooling and requantisation of one channel of one output row. The requantised value rises with
/// the accumulator, or falls if the multiplier is negative, so its pooled maximum comes from the
/// largest or the smallest accumulator: pooling first requantises once per output.
struct OutputRow {
  const std::int32_t* sums =
      nullptr;       ///< (pooling row, window, channel, lane), at the wanted channel
  int channels = 0;  ///< channels in `sums`
  int pool = 1;
  int windows = 0;  ///< windows per row of `sums`
  int count = 0;    ///< outputs wanted
  /// multiplier * 2^-shift and bias * 2^-shift. |acc*M + B| < 2^48 and a scaling by a power of two
  /// is exact, so double arithmetic gives the integer arithmetic's result bit for bit.
  double multiplier = 0.0, bias = 0.0;
  int top = 255;                    ///< 2^output_bits - 1
  std::uint8_t* outputs = nullptr;  ///< (column, lane)
};
void requantise_row(const OutputRow& row);

}  // namespace kirchhoff::quant
