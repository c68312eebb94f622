#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/staircase.h"
#include "hw/config/pe_config.h"
#include "hw/crossbar/crossbar_array.h"

namespace kirchhoff::hw {

/// The cells of one lane of a PE, which hold one slice of a block's weights: a positive and a
/// negative array, or a single one with the offset encoding, some of whose columns hold the
/// complements of their levels. And what the lane's converters make of its columns. Plain struct:
/// no time.
struct LaneCells {
  LaneCells(const CrossbarConfig& config, Encoding encoding)
      : positive(config.rows, config.cols, config.cell_bits),
        flipped(static_cast<std::size_t>(config.cols), 0) {
    if (encoding == Encoding::kDifferential)
      negative.emplace(config.rows, config.cols, config.cell_bits);
  }
  void clear() {
    positive.clear();
    if (negative) negative->clear();
    std::fill(flipped.begin(), flipped.end(), std::uint8_t{0});
    converters.clear();
  }

  CrossbarArray positive;
  std::optional<CrossbarArray> negative;
  std::vector<std::uint8_t> flipped;  ///< a flag per column
  /// Of real converters (ConverterModel), which take the columns in turn; empty: ideal ones.
  std::vector<base::Staircase> converters;
};

}  // namespace kirchhoff::hw
