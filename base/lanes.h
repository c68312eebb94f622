#pragma once

#include <cstdint>

/// Eight floats that a kernel works on at a time, and a multiply-add that rounds once. For sources
/// that compile their kernels twice: for processors with AVX2 and FMA, and for any. As every lane
/// is a sum of its own, in the order of the source, both compute the same bits.
namespace kirchhoff::base {

constexpr int kLanes = 8;
using Lanes = float __attribute__((vector_size(4 * kLanes)));

/// True where the kernels for AVX2 and FMA run: the processor has them, and the environment's
/// KIRCHHOFF_KERNELS is not "any", with which a test compares the two.
bool has_fused_lanes();

#if defined(__x86_64__)
#define KIRCHHOFF_FUSED_TARGET __attribute__((target("avx2,fma")))

/// sum += a * b, rounded once.
KIRCHHOFF_FUSED_TARGET inline __attribute__((always_inline)) void fuse_avx2(Lanes& sum,
                                                                            const Lanes& a,
                                                                            const Lanes& b) {
  sum = __builtin_ia32_vfmaddps256(a, b, sum);
}
#endif

/// The same without the instruction. In double a product of floats is exact, and a sum that is
/// rounded to odd (what it lacks is kept in its last bit) rounds to float as the exact one does:
/// S. Boldo, G. Melquiond, "Emulation of a FMA and correctly rounded sums: proved algorithms using
/// rounding to odd", IEEE Transactions on Computers 57(4), 2008.
inline __attribute__((always_inline)) void fuse_anywhere(Lanes& sum, const Lanes& a,
                                                         const Lanes& b) {
  // Pairs, which every x86-64 processor has registers for.
  using Floats = float __attribute__((vector_size(8)));
  using Doubles = double __attribute__((vector_size(16)));
  using Bits = std::int64_t __attribute__((vector_size(16)));
#pragma GCC unroll 4
  for (int pair = 0; pair < kLanes / 2; ++pair) {
    const int i = 2 * pair, j = i + 1;
    const Doubles left = {a[i], a[j]}, right = {b[i], b[j]}, addend = {sum[i], sum[j]};
    const Doubles product = left * right, total = product + addend;
    // Knuth's exact error of a sum. Beyond the finite numbers it is no number, and nothing is done.
    const Doubles back = total - product;
    const Doubles error = (product - (total - back)) + (addend - back);
    const Bits above = error > 0.0, below = error < 0.0, negative = total < 0.0;
    Bits bits = (Bits)total;
    const Bits even = (bits & 1) - 1;  // a mask, like the others: all ones or none
    // Away from zero by one where the error points there, else towards it.
    const Bits outwards = (above & ~negative) | (below & negative);
    const Bits inwards = (above & negative) | (below & ~negative);
    bits += even & (inwards - outwards);
    const Floats rounded = __builtin_convertvector((Doubles)bits, Floats);
    sum[i] = rounded[0];
    sum[j] = rounded[1];
  }
}

}  // namespace kirchhoff::base
