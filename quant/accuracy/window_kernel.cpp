#include "quant/accuracy/window_kernel.h"

#include <algorithm>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define KIRCHHOFF_X86 1
#else
#define KIRCHHOFF_X86 0
#endif

namespace kirchhoff::quant {
namespace {

/// Compiled once per instruction set: inlined into a wrapper with a target attribute.
inline __attribute__((always_inline)) void pack_body(const Layer& layer, const PairLayout& layout,
                                                     const std::uint8_t* map, int shift,
                                                     std::int16_t* pairs) {
  const int map_height = layer.input.height, map_width = layer.input.width;
  const int half = shift > 0 ? 1 << (shift - 1) : 0;
  const int max = (1 << (8 - shift)) - 1;
  static constexpr std::uint8_t kZeros[kLanes] = {};
  for (int plane = 0; plane < layout.planes; ++plane) {
    for (int y = 0; y < layout.height; ++y) {
      for (int x = 0; x < layout.width; ++x) {
        const auto source = [&](int channel, int row) {
          const int my = row - layer.padding, mx = x - layer.padding;
          const bool inside = channel < layer.input.channels && my >= 0 && my < map_height &&
                              mx >= 0 && mx < map_width;
          return inside
                     ? map + ((static_cast<std::ptrdiff_t>(channel) * map_height + my) * map_width +
                              mx) *
                                 kLanes
                     : kZeros;
        };
        const std::uint8_t* first = layout.pairs_rows ? source(plane, y) : source(2 * plane, y);
        const std::uint8_t* second =
            layout.pairs_rows ? source(plane, y + 1) : source(2 * plane + 1, y);
        std::uint32_t out[kLanes];
        if (shift == 0) {
          for (int lane = 0; lane < kLanes; ++lane) {
            out[lane] = static_cast<std::uint32_t>(first[lane]) |
                        static_cast<std::uint32_t>(second[lane]) << 16;
          }
        } else {
          for (int lane = 0; lane < kLanes; ++lane) {
            const int a = std::min((first[lane] + half) >> shift, max);
            const int b = std::min((second[lane] + half) >> shift, max);
            out[lane] = static_cast<std::uint32_t>(a) | static_cast<std::uint32_t>(b) << 16;
          }
        }
        std::memcpy(pairs, out, sizeof out);
        pairs += 2 * kLanes;
      }
    }
  }
}

void requantise_portable(const OutputRow& row) {
  const std::ptrdiff_t window_step = static_cast<std::ptrdiff_t>(row.channels) * kLanes;
  const std::ptrdiff_t row_step = window_step * row.windows;
  const double top = row.top;
  std::uint8_t* outputs = row.outputs;
  for (int x = 0; x < row.count * row.pool; x += row.pool) {
    std::int32_t pooled[kLanes];
    std::memcpy(pooled, row.sums + x * window_step, sizeof pooled);
    for (int py = 0; py < row.pool; ++py) {
      for (int px = 0; px < row.pool; ++px) {
        const std::int32_t* sums = row.sums + py * row_step + (x + px) * window_step;
        for (int lane = 0; lane < kLanes; ++lane) {
          pooled[lane] = row.multiplier < 0.0 ? std::min(pooled[lane], sums[lane])
                                              : std::max(pooled[lane], sums[lane]);
        }
      }
    }
    for (int lane = 0; lane < kLanes; ++lane) {
      const double y = static_cast<double>(pooled[lane]) * row.multiplier + row.bias;
      outputs[lane] = static_cast<std::uint8_t>(std::min(std::max(y, 0.0), top));
    }
    outputs += kLanes;
  }
}

template <int kChannels>
void accumulate_portable(const WindowRow& row) {
  for (int window = 0; window < row.windows; ++window) {
    const std::int16_t* input = row.input + window * row.step;
    std::uint32_t sums[kChannels][kLanes] = {};  // Winograd's sums wrap
    for (int tap = 0; tap < row.taps; ++tap) {
      const std::int16_t* pairs = input + row.offsets[tap];
      for (int channel = 0; channel < kChannels; ++channel) {
        std::int16_t weights[2];
        std::memcpy(weights, row.weights + tap * kChannels + channel, sizeof weights);
        for (int lane = 0; lane < kLanes; ++lane) {
          sums[channel][lane] += static_cast<std::uint32_t>(pairs[2 * lane] * weights[0] +
                                                            pairs[2 * lane + 1] * weights[1]);
        }
      }
    }
    std::memcpy(row.sums + static_cast<std::ptrdiff_t>(window) * kChannels * kLanes, sums,
                sizeof sums);
  }
}

#if KIRCHHOFF_X86

template <int kChannels>
__attribute__((target("avx2"))) void accumulate_avx2(const WindowRow& row) {
  for (int window = 0; window < row.windows; ++window) {
    const std::int16_t* input = row.input + window * row.step;
    const std::int32_t* weights = row.weights;
    __m256i low[kChannels], high[kChannels];
    for (int channel = 0; channel < kChannels; ++channel)
      low[channel] = high[channel] = _mm256_setzero_si256();
    for (int tap = 0; tap < row.taps; ++tap) {
      const auto* pairs = reinterpret_cast<const __m256i*>(input + row.offsets[tap]);
      const __m256i x0 = _mm256_loadu_si256(pairs);
      const __m256i x1 = _mm256_loadu_si256(pairs + 1);
      for (int channel = 0; channel < kChannels; ++channel) {
        const __m256i weight = _mm256_set1_epi32(weights[channel]);
        low[channel] = _mm256_add_epi32(low[channel], _mm256_madd_epi16(x0, weight));
        high[channel] = _mm256_add_epi32(high[channel], _mm256_madd_epi16(x1, weight));
      }
      weights += kChannels;
    }
    auto* sums = reinterpret_cast<__m256i*>(row.sums + static_cast<std::ptrdiff_t>(window) *
                                                           kChannels * kLanes);
    for (int channel = 0; channel < kChannels; ++channel) {
      _mm256_storeu_si256(sums + 2 * channel, low[channel]);
      _mm256_storeu_si256(sums + 2 * channel + 1, high[channel]);
    }
  }
}

__attribute__((target("avx2"))) void pack_avx2(const Layer& layer, const PairLayout& layout,
                                               const std::uint8_t* map, int shift,
                                               std::int16_t* pairs) {
  pack_body(layer, layout, map, shift, pairs);
}

/// Four lanes: multiply, add, clamp, truncate.
__attribute__((target("avx2"))) inline __m128i requantise4(__m128i pooled, __m256d multiplier,
                                                           __m256d bias, __m256d top) {
  const __m256d y = _mm256_add_pd(_mm256_mul_pd(_mm256_cvtepi32_pd(pooled), multiplier), bias);
  return _mm256_cvttpd_epi32(_mm256_min_pd(_mm256_max_pd(y, _mm256_setzero_pd()), top));
}

template <bool kFalling>
__attribute__((target("avx2"))) void requantise_avx2(const OutputRow& row) {
  static_assert(kLanes == 16, "two vectors of 32-bit lanes");
  const std::ptrdiff_t window_step = static_cast<std::ptrdiff_t>(row.channels) * kLanes;
  const std::ptrdiff_t row_step = window_step * row.windows;
  const __m256d multiplier = _mm256_set1_pd(row.multiplier);
  const __m256d bias = _mm256_set1_pd(row.bias);
  const __m256d top = _mm256_set1_pd(row.top);
  std::uint8_t* outputs = row.outputs;
  for (int x = 0; x < row.count * row.pool; x += row.pool) {
    const auto* first = reinterpret_cast<const __m256i*>(row.sums + x * window_step);
    __m256i low = _mm256_loadu_si256(first);
    __m256i high = _mm256_loadu_si256(first + 1);
    for (int py = 0; py < row.pool; ++py) {
      for (int px = 0; px < row.pool; ++px) {
        const auto* sums =
            reinterpret_cast<const __m256i*>(row.sums + py * row_step + (x + px) * window_step);
        const __m256i l = _mm256_loadu_si256(sums);
        const __m256i h = _mm256_loadu_si256(sums + 1);
        low = kFalling ? _mm256_min_epi32(low, l) : _mm256_max_epi32(low, l);
        high = kFalling ? _mm256_min_epi32(high, h) : _mm256_max_epi32(high, h);
      }
    }
    const __m128i y0 = requantise4(_mm256_castsi256_si128(low), multiplier, bias, top);
    const __m128i y1 = requantise4(_mm256_extracti128_si256(low, 1), multiplier, bias, top);
    const __m128i y2 = requantise4(_mm256_castsi256_si128(high), multiplier, bias, top);
    const __m128i y3 = requantise4(_mm256_extracti128_si256(high, 1), multiplier, bias, top);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(outputs),
                     _mm_packus_epi16(_mm_packs_epi32(y0, y1), _mm_packs_epi32(y2, y3)));
    outputs += kLanes;
  }
}

#endif

template <int kChannels>
void accumulate_block(Isa isa, const WindowRow& row) {
#if KIRCHHOFF_X86
  if (isa == Isa::kAvx2) return accumulate_avx2<kChannels>(row);
#endif
  (void)isa;
  accumulate_portable<kChannels>(row);
}

}  // namespace

Isa best_isa() {
#if KIRCHHOFF_X86
  if (__builtin_cpu_supports("avx2")) return Isa::kAvx2;
#endif
  return Isa::kPortable;
}

PairLayout::PairLayout(const Layer& layer)
    : height(layer.input.height + 2 * layer.padding), width(layer.input.width + 2 * layer.padding) {
  const int channels = layer.input.channels;
  const int by_channel = (channels + 1) / 2 * layer.kernel_height * layer.kernel_width;
  const int by_row = channels * ((layer.kernel_height + 1) / 2) * layer.kernel_width;
  pairs_rows = by_row < by_channel;
  planes = pairs_rows ? channels : (channels + 1) / 2;
  taps = std::min(by_row, by_channel);
}

void pack_pairs(Isa isa, const Layer& layer, const PairLayout& layout, const std::uint8_t* map,
                int shift, std::int16_t* pairs) {
#if KIRCHHOFF_X86
  if (isa == Isa::kAvx2) return pack_avx2(layer, layout, map, shift, pairs);
#endif
  (void)isa;
  pack_body(layer, layout, map, shift, pairs);
}

void accumulate(Isa isa, const WindowRow& row) {
  static_assert(kChannelBlock == 6, "one case per block size");
  switch (row.channels) {
    case 1:
      return accumulate_block<1>(isa, row);
    case 2:
      return accumulate_block<2>(isa, row);
    case 3:
      return accumulate_block<3>(isa, row);
    case 4:
      return accumulate_block<4>(isa, row);
    case 5:
      return accumulate_block<5>(isa, row);
    default:
      return accumulate_block<6>(isa, row);
  }
}

void requantise_row(Isa isa, const OutputRow& row) {
#if KIRCHHOFF_X86
  if (isa == Isa::kAvx2)
    return row.multiplier < 0.0 ? requantise_avx2<true>(row) : requantise_avx2<false>(row);
#endif
  (void)isa;
  requantise_portable(row);
}

}  // namespace kirchhoff::quant
