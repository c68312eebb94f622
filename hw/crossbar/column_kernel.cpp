#include "hw/crossbar/column_kernel.h"

#include <initializer_list>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

/// Population counts of the four words of `cells & lines`, one per 64-bit lane, by table look-up of
/// half bytes.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i counts_of(const std::uint64_t* cells,
                                                                     __m256i lines) {
  const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2,
                                         1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
  const __m256i low = _mm256_set1_epi8(0x0f);
  const __m256i driven =
      _mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(cells)), lines);
  const __m256i bytes = _mm256_add_epi8(
      _mm256_shuffle_epi8(table, _mm256_and_si256(driven, low)),
      _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(driven, 4), low)));
  return _mm256_sad_epu8(bytes, _mm256_setzero_si256());
}

/// Of four columns a, b, c, d of two words each: 32-bit sums a c a c | b d b d.
[[gnu::target("avx2"), gnu::always_inline]] inline __m256i sums_of(const std::uint64_t* cells,
                                                                   __m256i lines) {
  const __m256i words =
      _mm256_or_si256(counts_of(cells, lines), _mm256_slli_epi64(counts_of(cells + 4, lines), 32));
  return _mm256_add_epi32(words, _mm256_shuffle_epi32(words, 0x4e));
}

// Eight columns of two words at a time; other shapes take the scalar counts.
[[gnu::target("popcnt,avx2")]] void avx2(const ColumnCells& array, const std::uint64_t* lines,
                                         std::int32_t* sums) {
  if (array.words != 2 || array.planes != 1) {
    sum_columns(array, lines, sums);
    return;
  }
  const __m256i driven =
      _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(lines)));
  int c = 0;
  for (; c + 8 <= array.columns; c += 8) {
    const std::uint64_t* cells = array.cells + 2 * c;
    const __m256i all = _mm256_unpacklo_epi64(sums_of(cells, driven), sums_of(cells + 8, driven));
    const __m128i even = _mm256_castsi256_si128(all), odd = _mm256_extracti128_si256(all, 1);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + c), _mm_unpacklo_epi32(even, odd));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(sums + c + 4), _mm_unpackhi_epi32(even, odd));
  }
  sum_columns<2>({array.cells + 2 * c, array.columns - c, 1, 2}, lines, sums + c);
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
    case ColumnIsa::kAvx2:
      return __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("avx2");
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
  if (isa == ColumnIsa::kAvx2) return avx2;
  if (isa == ColumnIsa::kAvx512) return avx512;
#endif
  (void)isa;
  return portable;
}

ColumnKernel column_kernel() {
  static const ColumnKernel best = [] {
    for (const ColumnIsa isa : {ColumnIsa::kAvx512, ColumnIsa::kAvx2, ColumnIsa::kPopcnt}) {
      if (available(isa)) return column_kernel(isa);
    }
    return column_kernel(ColumnIsa::kPortable);
  }();
  return best;
}

}  // namespace kirchhoff::hw
