#pragma once

#include <array>
#include <cstdint>
#include <vector>

namespace kirchhoff::hw {

inline constexpr int kMaxRows = 512;
inline constexpr int kLineWords = kMaxRows / 64;

/// Levels of the word lines during one bit step: bit r % 64 of word r / 64 is row r.
using WordLines = std::array<std::uint64_t, kLineWords>;

inline int driven_of(const WordLines& lines) {
  int driven = 0;
  for (const std::uint64_t word : lines) driven += __builtin_popcountll(word);
  return driven;
}

/// One activation bit of one window, or some columns of it: what travels along the analogue chain
/// of a PE.
struct BitStep {
  int slot = 0;       ///< output slot of the window
  int bit = 0;        ///< activation bit, LSB first
  bool last = false;  ///< most significant bit of the window, its last columns
  int rows = 0;       ///< word lines in use
  int columns = 0;    ///< bit lines that are read, the unit column included
  bool functional =
      false;  ///< integers flow; otherwise the vectors that go with the step stay empty
  bool unit_column = false;       ///< the last of `columns` holds ones (ISAAC's unit column)
  int driven = 0;                 ///< word lines that are driven; 0 when only sizes flow
  int first_lane = 0, lanes = 1;  ///< of the PE that run in step (lockstep.h)
  /// Without a sample-and-hold a bit step takes several drives, each for as many columns as there
  /// are ADCs: the first of these columns, and whether none is left.
  int first_column = 0;
  bool complete = true;
};

using Columns = std::vector<std::int32_t>;

}  // namespace kirchhoff::hw
