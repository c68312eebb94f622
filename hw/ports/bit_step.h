#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/conversion_noise.h"

namespace kirchhoff::hw {

inline constexpr int kMaxRows = 1024;
inline constexpr int kLineWords = kMaxRows / 64;

/// One bit of what the word lines carry: bit r % 64 of word r / 64 is row r.
using LinePlane = std::array<std::uint64_t, kLineWords>;

/// What the word lines carry during a read: a digit of every driven row's input, bit by bit.
struct WordLines {
  std::vector<LinePlane> planes;  ///< the least significant bit first; empty when only sizes flow
  bool has_sign = false;          ///< the most significant bit weighs negatively

  bool one_bit() const { return planes.size() == 1 && !has_sign; }
  /// Weight of a bit of the digit.
  int weight(std::size_t plane) const {
    const int power = 1 << plane;
    return has_sign && plane + 1 == planes.size() ? -power : power;
  }
  /// What one word line carries.
  int digit(int row) const {
    int digit = 0;
    for (std::size_t p = 0; p < planes.size(); ++p) {
      if ((planes[p][static_cast<std::size_t>(row / 64)] >> (row % 64) & 1) != 0)
        digit += weight(p);
    }
    return digit;
  }
};

/// Sum of the digits of all word lines: of one-bit digits, the number of driven lines.
inline int driven_of(const WordLines& lines) {
  int driven = 0;
  for (std::size_t p = 0; p < lines.planes.size(); ++p) {
    int count = 0;
    for (const std::uint64_t word : lines.planes[p]) count += __builtin_popcountll(word);
    driven += lines.weight(p) * count;
  }
  return driven;
}

/// Near-memory mode: makes the word lines of one row select it, unless its digit is 0, and returns
/// the digit.
inline int take_digit(WordLines& lines) {
  const int digit = driven_of(lines);
  lines.has_sign = false;
  if (lines.planes.empty()) return digit;
  for (std::size_t p = 1; p < lines.planes.size(); ++p) {
    for (std::size_t word = 0; word < kLineWords; ++word)
      lines.planes.front()[word] |= lines.planes[p][word];
  }
  lines.planes.resize(1);
  return digit;
}

/// One read of a bit step (hw/config/read_steps.h) of one window, or some columns of it: what
/// travels along the analogue chain of a PE.
struct BitStep {
  int slot = 0;       ///< output slot of the window
  int bit = 0;        ///< lowest activation bit of the digit, LSB first
  bool last = false;  ///< the window's last read, its last columns
  int rows = 0;       ///< word lines in use, of the group
  int columns = 0;    ///< bit lines that are read, the unit column included
  bool functional =
      false;  ///< integers flow; otherwise the vectors that go with the step stay empty
  bool unit_column = false;       ///< the last of `columns` holds ones (ISAAC's unit column)
  int driven = 0;                 ///< sum of the digits (driven_of); 0 when only sizes flow
  int multiplier = 1;             ///< of the codes, behind the converters: near-memory mode's digit
  int first_lane = 0, lanes = 1;  ///< of the PE that run in step (lockstep.h)
  /// Without a sample-and-hold a read takes several drives, each for as many columns as there
  /// are ADCs: the first of these columns, and whether none is left.
  int first_column = 0;
  bool complete = true;
  int first_row = 0;  ///< of the group of word lines that are read
  /// Of the read (hw/config/read_steps.h): read times, drives of the word lines, differences taken
  /// and sampled.
  int pulses = 1, drives = 1, subtractions = 1, samples = 1;
  /// Of the window, which together with `bit` and `first_row` names the read; 0 when only sizes
  /// flow.
  std::uint32_t image = 0;
  int y = 0, x = 0;

  /// Whether it begins its window.
  bool first() const { return bit == 0 && first_row == 0 && first_column == 0; }
};

using Columns = std::vector<std::int32_t>;

inline base::NoiseEvent noise_event(const BitStep& step) {
  return {step.image, step.y, step.x, step.bit, step.first_row};
}

}  // namespace kirchhoff::hw
