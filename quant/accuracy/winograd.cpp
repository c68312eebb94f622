#include "quant/accuracy/winograd.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace kirchhoff::quant {
namespace {

/// GCC's and Clang's vectors: one vector instruction each where there are 256 bits, two where 128.
using Shorts = std::int16_t __attribute__((vector_size(32)));
using Words = std::uint32_t __attribute__((vector_size(32)));  // modulo 2^32
using SignedWords = std::int32_t __attribute__((vector_size(32)));
using Bytes = std::uint8_t __attribute__((vector_size(16)));

constexpr int kMaxActivation = 255;
/// Accumulators are known modulo 2^kKnownBits.
constexpr int kKnownBits = 26;
constexpr std::uint32_t kInverseOf9 = 954437177;
static_assert(kInverseOf9 * 9u == 1u, "modulo 2^32");

/// Rows of the kernel transform, scaled to integers: 24 times (row 5: 6 times) the usual ones, so
/// that transform_outputs() is left with shifts and sums only.
constexpr int kKernelTransform[kTileInputs][3] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4},
                                                  {1, 2, 4}, {1, -2, 4},   {0, 0, 6}};

inline __attribute__((always_inline)) void transform_inputs(const Shorts* d, Shorts* v) {
  const Shorts a = d[4] - (d[2] << 2), b = d[3] - (d[1] << 2);
  const Shorts c = d[4] - d[2], e = (d[3] - d[1]) << 1;
  v[0] = ((d[0] - d[2]) << 2) + c;
  v[1] = a + b;
  v[2] = a - b;
  v[3] = c + e;
  v[4] = c - e;
  v[5] = d[5] - d[3] - (e << 1);
}

/// 24 times the outputs of one row or column, modulo 2^32.
inline __attribute__((always_inline)) void transform_outputs(const Words* m, Words* y) {
  const Words s12 = m[1] + m[2], d12 = m[1] - m[2];
  const Words s34 = m[3] + m[4], d34 = m[3] - m[4];
  y[0] = m[0] + s12 + s34;
  y[1] = d12 + (d34 << 1);
  y[2] = s12 + (s34 << 2);
  y[3] = d12 + (d34 << 3) + (m[5] << 2);
}

/// Compiled once per instruction set: inlined into a wrapper with a target attribute.
inline __attribute__((always_inline)) void tile_body(const Layer& layer, int tile_y, int tile_x,
                                                     const std::uint8_t* map,
                                                     std::int16_t* transformed,
                                                     std::ptrdiff_t point_step) {
  static_assert(kLanes == 16, "two vectors per pair");
  static constexpr std::uint8_t kZeros[kLanes] = {};
  std::ptrdiff_t offsets[kTilePoints];  // of the tile's inputs in a channel; -1: padding
  for (int y = 0; y < kTileInputs; ++y) {
    for (int x = 0; x < kTileInputs; ++x) {
      const int my = tile_y * kTile + y - layer.padding, mx = tile_x * kTile + x - layer.padding;
      const bool inside = my >= 0 && my < layer.input.height && mx >= 0 && mx < layer.input.width;
      offsets[y * kTileInputs + x] =
          inside ? (static_cast<std::ptrdiff_t>(my) * layer.input.width + mx) * kLanes : -1;
    }
  }
  const std::ptrdiff_t plane =
      static_cast<std::ptrdiff_t>(layer.input.height) * layer.input.width * kLanes;
  for (int channel = 0; channel < layer.input.channels; channel += 2) {
    const std::uint8_t* first = map + channel * plane;
    const bool second_exists = channel + 1 < layer.input.channels;
    Shorts columns[2][kTileInputs][kTileInputs];  // half of the lanes, row, column
    for (int x = 0; x < kTileInputs; ++x) {
      Shorts low[kTileInputs], high[kTileInputs];
      for (int y = 0; y < kTileInputs; ++y) {
        const std::ptrdiff_t at = offsets[y * kTileInputs + x];
        Bytes p, q;
        std::memcpy(&p, at < 0 ? kZeros : first + at, sizeof p);
        std::memcpy(&q, at < 0 || !second_exists ? kZeros : first + plane + at, sizeof q);
        low[y] = __builtin_convertvector(
            __builtin_shufflevector(p, q, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23),
            Shorts);
        high[y] =
            __builtin_convertvector(__builtin_shufflevector(p, q, 8, 24, 9, 25, 10, 26, 11, 27, 12,
                                                            28, 13, 29, 14, 30, 15, 31),
                                    Shorts);
      }
      Shorts v[kTileInputs];
      transform_inputs(low, v);
      for (int y = 0; y < kTileInputs; ++y) columns[0][y][x] = v[y];
      transform_inputs(high, v);
      for (int y = 0; y < kTileInputs; ++y) columns[1][y][x] = v[y];
    }
    for (int half = 0; half < 2; ++half) {
      for (int y = 0; y < kTileInputs; ++y) {
        Shorts v[kTileInputs];
        transform_inputs(columns[half][y], v);
        for (int x = 0; x < kTileInputs; ++x) {
          std::memcpy(transformed + (y * kTileInputs + x) * point_step + half * kLanes, &v[x],
                      sizeof v[x]);
        }
      }
    }
    transformed += 2 * kLanes;
  }
}

inline __attribute__((always_inline)) void sums_body(const std::int32_t* sums,
                                                     std::ptrdiff_t point_step, std::int32_t centre,
                                                     bool add, std::int32_t* outputs) {
  constexpr int kHalf = kLanes / 2;
  constexpr int kUnknownBits = 32 - kKnownBits;
  const std::uint32_t offset = static_cast<std::uint32_t>(centre) << kUnknownBits;
  for (int half = 0; half < 2; ++half) {
    Words rows[kTile][kTileInputs];
    for (int x = 0; x < kTileInputs; ++x) {
      Words m[kTileInputs], y[kTile];
      for (int i = 0; i < kTileInputs; ++i) {
        std::memcpy(&m[i], sums + (i * kTileInputs + x) * point_step + half * kHalf, sizeof m[i]);
      }
      transform_outputs(m, y);
      for (int i = 0; i < kTile; ++i) rows[i][x] = y[i];
    }
    for (int i = 0; i < kTile; ++i) {
      Words y[kTile];
      transform_outputs(rows[i], y);
      for (int x = 0; x < kTile; ++x) {
        std::int32_t* output = outputs + (i * kTile + x) * kLanes + half * kHalf;
        const Words known = y[x] * kInverseOf9 - offset;
        SignedWords result;
        std::memcpy(&result, &known, sizeof result);
        result >>= kUnknownBits;
        if (add) {
          SignedWords before;
          std::memcpy(&before, output, sizeof before);
          result += before;
        }
        std::memcpy(output, &result, sizeof result);
      }
    }
  }
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) void tile_avx2(const Layer& layer, int tile_y, int tile_x,
                                               const std::uint8_t* map, std::int16_t* transformed,
                                               std::ptrdiff_t point_step) {
  tile_body(layer, tile_y, tile_x, map, transformed, point_step);
}
__attribute__((target("avx2"))) void sums_avx2(const std::int32_t* sums, std::ptrdiff_t point_step,
                                               std::int32_t centre, bool add,
                                               std::int32_t* outputs) {
  sums_body(sums, point_step, centre, add, outputs);
}
#endif

/// The 36 transformed weights of one kernel.
std::array<std::int16_t, kTilePoints> transform_kernel(const Layer& layer,
                                                       const Eigen::MatrixXi& weights,
                                                       int input_channel, int output_channel) {
  std::array<std::int16_t, kTilePoints> result{};
  if (input_channel >= layer.input.channels) return result;
  const int* kernel = &weights(input_channel * 9, output_channel);  // column-major
  int rows[kTileInputs][3];
  for (int y = 0; y < kTileInputs; ++y) {
    for (int kx = 0; kx < 3; ++kx) {
      rows[y][kx] = kKernelTransform[y][0] * kernel[kx] + kKernelTransform[y][1] * kernel[3 + kx] +
                    kKernelTransform[y][2] * kernel[6 + kx];
    }
  }
  for (int y = 0; y < kTileInputs; ++y) {
    for (int x = 0; x < kTileInputs; ++x) {
      result[static_cast<std::size_t>(y * kTileInputs + x)] = static_cast<std::int16_t>(
          rows[y][0] * kKernelTransform[x][0] + rows[y][1] * kKernelTransform[x][1] +
          rows[y][2] * kKernelTransform[x][2]);
    }
  }
  return result;
}

/// Range of the sums over some input channels, for every output channel.
class SumRanges {
 public:
  explicit SumRanges(std::size_t channels) : low_(channels, 0), high_(channels, 0) {}

  /// Adds a pair of input channels unless some range would grow beyond what is known of a sum.
  bool add(const Layer& layer, const Eigen::MatrixXi& weights, int pair) {
    std::vector<std::int64_t> low = low_, high = high_;
    const int last = std::min(layer.input.channels, 2 * pair + 2) * 9;
    for (std::size_t c = 0; c < low.size(); ++c) {
      for (int r = 2 * pair * 9; r < last; ++r) {
        const int weight = weights(r, static_cast<Eigen::Index>(c));
        (weight < 0 ? low : high)[c] += std::int64_t{weight} * kMaxActivation;
      }
      if (high[c] - low[c] >= std::int64_t{1} << kKnownBits) return false;
    }
    low_ = std::move(low);
    high_ = std::move(high);
    return true;
  }
  std::int32_t centre(std::size_t channel) const {
    return static_cast<std::int32_t>(low_[channel] + (std::int64_t{1} << (kKnownBits - 1)));
  }

 private:
  std::vector<std::int64_t> low_, high_;
};

}  // namespace

bool winograd_pays(const Layer& layer) {
  if (layer.kernel_height != 3 || layer.kernel_width != 3 || layer.stride != 1) return false;
  // Pixels may have to be reduced first, and pooling windows must not leave their tile.
  if (layer.inputs.front() == kImage || kTile % layer.pool != 0) return false;
  if (layer.input.channels < 8 || layer.out_channels < 8) return false;
  // A third more for the transforms; products of tiles that hang over the edge are lost.
  return WinogradLayout(layer).tiles() * kTilePoints * 4 < layer.windows() * 9 * 3;
}

WinogradLayout::WinogradLayout(const Layer& layer) : pairs_((layer.input.channels + 1) / 2) {
  const Shape output = layer.output();
  tiles_x_ = (output.width * layer.pool + kTile - 1) / kTile;
  tiles_y_ = (output.height * layer.pool + kTile - 1) / kTile;
  tile_block_ = std::min(tiles(), 8);
  const int blocks = (layer.out_channels + kChannelBlock - 1) / kChannelBlock;
  for (int b = 0; b <= blocks; ++b) first_channel_.push_back(layer.out_channels * b / blocks);
  for (int pair = 0; pair < pairs_; ++pair)
    offsets_.push_back(static_cast<std::ptrdiff_t>(pair) * kLanes * 2);
}

WinogradWeights pack_winograd(const Layer& layer, const WinogradLayout& layout,
                              const Eigen::MatrixXi& weights) {
  const auto channels = static_cast<std::size_t>(layer.out_channels);
  WinogradWeights packed;
  packed.first_pair.push_back(0);
  SumRanges ranges(channels);
  const auto end_group = [&](int pair) {
    packed.first_pair.push_back(pair);
    for (std::size_t c = 0; c < channels; ++c) packed.centres.push_back(ranges.centre(c));
    ranges = SumRanges(channels);
  };
  for (int pair = 0; pair < layout.pairs(); ++pair) {
    if (ranges.add(layer, weights, pair)) continue;
    end_group(pair);
    ranges.add(layer, weights, pair);
  }
  end_group(layout.pairs());

  packed.pairs.resize(static_cast<std::size_t>(kTilePoints) * layout.pairs() * channels);
  std::size_t base = 0;
  for (std::size_t group = 0; group + 1 < packed.first_pair.size(); ++group) {
    const int first = packed.first_pair[group], last = packed.first_pair[group + 1];
    for (int chunk = 0; chunk < layout.blocks(); chunk += WinogradLayout::kChunk) {
      const int end = std::min(layout.blocks(), chunk + WinogradLayout::kChunk);
      const int chunk_channels = layout.first_channel(end) - layout.first_channel(chunk);
      const std::size_t point_size = static_cast<std::size_t>(last - first) * chunk_channels;
      for (int block = chunk; block < end; ++block) {
        const int before = layout.first_channel(block) - layout.first_channel(chunk);
        for (int pair = first; pair < last; ++pair) {
          for (int c = 0; c < layout.channels(block); ++c) {
            const int channel = layout.first_channel(block) + c;
            const auto even = transform_kernel(layer, weights, 2 * pair, channel);
            const auto odd = transform_kernel(layer, weights, 2 * pair + 1, channel);
            const std::size_t at = base + static_cast<std::size_t>(before) * (last - first) +
                                   static_cast<std::size_t>(pair - first) * layout.channels(block) +
                                   static_cast<std::size_t>(c);
            for (std::size_t point = 0; point < kTilePoints; ++point) {
              packed.pairs[at + point * point_size] = static_cast<std::int32_t>(
                  static_cast<std::uint32_t>(static_cast<std::uint16_t>(even[point])) |
                  static_cast<std::uint32_t>(static_cast<std::uint16_t>(odd[point])) << 16);
            }
          }
        }
      }
      base += kTilePoints * point_size;
    }
  }
  return packed;
}

void transform_tile(Isa isa, const Layer& layer, int tile_y, int tile_x, const std::uint8_t* map,
                    std::int16_t* transformed, std::ptrdiff_t point_step) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx2) return tile_avx2(layer, tile_y, tile_x, map, transformed, point_step);
#endif
  (void)isa;
  tile_body(layer, tile_y, tile_x, map, transformed, point_step);
}

void transform_sums(Isa isa, const std::int32_t* sums, std::ptrdiff_t point_step,
                    std::int32_t centre, bool add, std::int32_t* outputs) {
#if defined(__x86_64__)
  if (isa == Isa::kAvx2) return sums_avx2(sums, point_step, centre, add, outputs);
#endif
  (void)isa;
  sums_body(sums, point_step, centre, add, outputs);
}

}  // namespace kirchhoff::quant
