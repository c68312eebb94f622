#include "hw/crossbar/column_kernel.h"

#include <initializer_list>

namespace kirchhoff::hw {

namespace {

// Inlined into functions that are compiled for one instruction set each.
template <int kWords>
[[gnu::always_inline]] inline void sum_columns(const ColumnCells& array, const std::uint64_t* lines,
                                               std::int32_t* sums) {
  const int words = kWords > 0 ? kWords : array.words;
  const std::uint64_t* cells = array.cells;
  for (int c = 0; c < array.columns; ++c) {
    int sum = 0;
    for (int p = 0; p < array.planes; ++p) {
      int count = 0;
      for (int w = 0; w < words; ++w) count += __builtin_popcountll(cells[w] & lines[w]);
      sum += count << p;
      cells += words;
    }
    sums[c] = sum;
  }
}

// Arrays of 128 rows are the common case: their loop over words is unrolled.
[[gnu::always_inline]] inline void sum_columns(const ColumnCells& array, const std::uint64_t* lines,
                                               std::int32_t* sums) {
  if (array.words == 2) {
    sum_columns<2>(array, lines, sums);
  } else {
    sum_columns<0>(array, lines, sums);
  }
}

void portable(const ColumnCells& array, const std::uint64_t* lines, std::int32_t* sums) {
  sum_columns(array, lines, sums);
}

#if defined(__x86_64__)

[[gnu::target("popcnt")]] void popcnt(const ColumnCells& array, const std::uint64_t* lines,
                                      std::int32_t* sums) {
  sum_columns(array, lines, sums);
}

// The compiler turns the loops into vector population counts.
[[gnu::target("popcnt,avx512f,avx512vl,avx512vpopcntdq")]] void avx512(const ColumnCells& array,
                                                                       const std::uint64_t* lines,
                                                                       std::int32_t* sums) {
  sum_columns(array, lines, sums);
}

#endif

}  // namespace

bool available(ColumnIsa isa) {
#if defined(__x86_64__)
  switch (isa) {
    case ColumnIsa::kPortable:
      return true;
    case ColumnIsa::kPopcnt:
      return __builtin_cpu_supports("popcnt");
    case ColumnIsa::kAvx512:
      return __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vpopcntdq");
  }
#endif
  return isa == ColumnIsa::kPortable;
}

ColumnKernel column_kernel(ColumnIsa isa) {
#if defined(__x86_64__)
  if (isa == ColumnIsa::kPopcnt) return popcnt;
  if (isa == ColumnIsa::kAvx512) return avx512;
#endif
  (void)isa;
  return portable;
}

ColumnKernel column_kernel() {
  static const ColumnKernel best = [] {
    for (const ColumnIsa isa : {ColumnIsa::kAvx512, ColumnIsa::kPopcnt}) {
      if (available(isa)) return column_kernel(isa);
    }
    return column_kernel(ColumnIsa::kPortable);
  }();
  return best;
}

}  // namespace kirchhoff::hw
