#pragma once

#include <cstddef>
#include <cstdint>

namespace kirchhoff::hw {

/// Kirchhoff's law as population counts. Column c is `planes` runs of `words` words, and columns
/// follow each other.
struct ColumnCells {
  const std::uint64_t* cells = nullptr;
  int columns = 0, planes = 0, words = 0;
};

/// sums[c] = sum over planes p of 2^p times the number of bits that column c's plane p shares with
/// the driven word lines.
void sum_columns(const ColumnCells& array, const std::uint64_t* lines, std::int32_t* sums);

}  // namespace kirchhoff::hw
