#pragma once

#include <cstddef>
#include <cstdint>

namespace kirchhoff::hw {

/// Kirchhoff's law as population counts: sums[c] = sum over planes p of 2^p times the number of
/// bits that column c's plane p shares with the driven word lines. Column c is `planes` runs of
/// `words` words, and columns follow each other.
struct ColumnCells {
  const std::uint64_t* cells = nullptr;
  int columns = 0, planes = 0, words = 0;
};

/// Instruction sets with a kernel of their own. All give the same integers.
enum class ColumnIsa { kPortable, kPopcnt, kAvx2, kAvx512 };
bool available(ColumnIsa isa);

using ColumnKernel = void (*)(const ColumnCells& array, const std::uint64_t* lines,
                              std::int32_t* sums);
/// The kernel of an instruction set that is available.
ColumnKernel column_kernel(ColumnIsa isa);
/// The fastest one that this processor has.
ColumnKernel column_kernel();

}  // namespace kirchhoff::hw
