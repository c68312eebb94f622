#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/staircase.h"
#include "hw/cells/pair_noise.h"
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
    noise.reset();
  }

  CrossbarArray positive;
  std::optional<CrossbarArray> negative;
  std::vector<std::uint8_t> flipped;  ///< a flag per column
  /// Of real converters (ConverterModel), which take the columns in turn; empty: ideal ones.
  std::vector<base::Staircase> converters;
  std::optional<PairNoise> noise;  ///< empty: none

  /// Adds the noise of their currents to the values of columns from `first` on that a read has
  /// delivered, the last one's as a unit column's.
  void add_current_noise(const WordLines& lines, const base::NoiseEvent& event, int first,
                         bool unit_column, Columns& values) const;
  /// Likewise the noise of their conversions.
  void add_conversion_noise(const base::NoiseEvent& event, int first, Columns& values) const;
};

}  // namespace kirchhoff::hw
