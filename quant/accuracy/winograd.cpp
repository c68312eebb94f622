#include "quant/accuracy/winograd.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

/// Accumulators are known modulo 2^kKnownBits.
constexpr int kKnownBits = 26;
constexpr std::uint32_t kInverseOf9 = 954437177;
static_assert(kInverseOf9 * 9u == 1u, "modulo 2^32");

/// Rows of the kernel transform, scaled to integers: 24 times (row 5: 6 times) the usual ones, so
/// that transform_outputs() is left with shifts and sums only.
constexpr int kKernelTransform[kTileInputs][3] = {{6, 0, 0}, {-4, -4, -4}, {-4, 4, -4},
                                                  {1, 2, 4}, {1, -2, 4},   {0, 0, 6}};

struct Kernels {
  void (*transform_unsigned)(const Layer& layer, int tile_y, int tile_x,
                             const std::uint8_t* const* planes, std::int16_t* transformed,
                             std::ptrdiff_t point_step);
  void (*transform_signed)(const Layer& layer, int tile_y, int tile_x,
                           const std::uint8_t* const* planes, std::int16_t* transformed,
                           std::ptrdiff_t point_step);
  void (*transform_sums)(const std::int32_t* sums, std::ptrdiff_t point_step, std::int32_t centre,
                         bool add, std::int32_t* outputs);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/winograd_kernels.inc"
#include "base/each_processor.inc"

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
  SumRanges(std::size_t channels, bool input_signed)
      : least_(input_signed ? -128 : 0),
        most_(input_signed ? 127 : 255),
        low_(channels, 0),
        high_(channels, 0) {}

  /// Adds a pair of input channels unless some range would grow beyond what is known of a sum.
  bool add(const Layer& layer, const Eigen::MatrixXi& weights, int pair) {
    std::vector<std::int64_t> low = low_, high = high_;
    const int last = std::min(layer.input.channels, 2 * pair + 2) * 9;
    for (std::size_t c = 0; c < low.size(); ++c) {
      for (int r = 2 * pair * 9; r < last; ++r) {
        const int weight = weights(r, static_cast<Eigen::Index>(c));
        low[c] += std::int64_t{weight} * (weight < 0 ? most_ : least_);
        high[c] += std::int64_t{weight} * (weight < 0 ? least_ : most_);
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
  std::int64_t least_, most_;  ///< of an input
  std::vector<std::int64_t> low_, high_;
};

}  // namespace

bool winograd_pays(const Layer& layer) {
  if (layer.kernel_height != 3 || layer.kernel_width != 3 || layer.stride != Extent(1) ||
      layer.dilation != Extent(1) || layer.groups != 1) {
    return false;
  }
  // Pooling windows must not leave their tile.
  if (kTile % layer.pool != 0) return false;
  if (layer.input.channels < 8 || layer.out_channels < 8) return false;
  // A third more for the transforms; products of tiles that hang over the edge are lost.
  return WinogradLayout(layer).tiles() * kTilePoints * 4 < layer.windows() * 9 * 3;
}

WinogradLayout::WinogradLayout(const Layer& layer) : pairs_((layer.input.channels + 1) / 2) {
  const Shape output = layer.output();
  tiles_x_ = (output.width * layer.pool + kTile - 1) / kTile;
  tiles_y_ = (output.height * layer.pool + kTile - 1) / kTile;
  tile_block_ = std::min(tiles(), 4);
  const int blocks = (layer.out_channels + kChannelBlock - 1) / kChannelBlock;
  for (int b = 0; b <= blocks; ++b) first_channel_.push_back(layer.out_channels * b / blocks);
  for (int pair = 0; pair < pairs_; ++pair)
    offsets_.push_back(static_cast<std::ptrdiff_t>(pair) * kLanes * 2);
}

WinogradWeights pack_winograd(const Layer& layer, const WinogradLayout& layout,
                              const Eigen::MatrixXi& weights, bool input_signed) {
  const auto channels = static_cast<std::size_t>(layer.out_channels);
  WinogradWeights packed;
  packed.first_pair.push_back(0);
  SumRanges ranges(channels, input_signed);
  const auto end_group = [&](int pair) {
    packed.first_pair.push_back(pair);
    for (std::size_t c = 0; c < channels; ++c) packed.centres.push_back(ranges.centre(c));
    ranges = SumRanges(channels, input_signed);
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

void transform_tile(const Layer& layer, int tile_y, int tile_x, const LaneMap& map,
                    std::int16_t* transformed, std::ptrdiff_t point_step) {
  const auto transform = map.has_sign ? kernels().transform_signed : kernels().transform_unsigned;
  transform(layer, tile_y, tile_x, map.planes, transformed, point_step);
}

void transform_sums(const std::int32_t* sums, std::ptrdiff_t point_step, std::int32_t centre,
                    bool add, std::int32_t* outputs) {
  kernels().transform_sums(sums, point_step, centre, add, outputs);
}

}  // namespace kirchhoff::quant
