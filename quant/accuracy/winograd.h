#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "quant/accuracy/window_kernel.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Winograd's minimal filtering F(4x4, 3x3) in integers: a tile of 4 x 4 outputs of a 3 x 3
/// convolution takes 36 products per input channel instead of 144.
///
/// The transforms' fractions are scaled away, so that every transformed number is an integer of 16
/// bits and a tile's sums come out as 576 times the accumulators, modulo 2^32. 576 = 9 * 2^6, and 9
/// has an inverse modulo 2^32, so the accumulators are known modulo 2^26. That determines them
/// whenever their weights leave them a range below 2^26, which is checked on the weights
/// themselves; where it is wider, the input channels are summed in groups, each within the range.
/// The result is exact for every input (docs/arithmetic.md).
inline constexpr int kTile = 4;                ///< outputs along one side
inline constexpr int kTileInputs = kTile + 2;  ///< inputs along one side
inline constexpr int kTilePoints = kTileInputs * kTileInputs;

/// True where a layer's shape permits the transform and the transform saves time.
bool winograd_pays(const Layer& layer);

/// Transformed weights of one layer, in the order in which they are read: (group, chunk of blocks,
/// point, block, pair of input channels, output channel of the block).
struct WinogradWeights {
  std::vector<std::int32_t> pairs;    ///< two 16-bit numbers each
  std::vector<int> first_pair;        ///< of every group of input channels, then the end
  std::vector<std::int32_t> centres;  ///< (group, output channel): middle of a sum's range
};

/// Blocks of output channels, and the chunks in which they are transformed back together.
class WinogradLayout {
 public:
  explicit WinogradLayout(const Layer& layer);

  int pairs() const { return pairs_; }
  int tiles() const { return tiles_x_ * tiles_y_; }
  int tiles_x() const { return tiles_x_; }
  int blocks() const { return static_cast<int>(first_channel_.size()) - 1; }
  int first_channel(int block) const { return first_channel_[static_cast<std::size_t>(block)]; }
  int channels(int block) const { return first_channel(block + 1) - first_channel(block); }
  const std::ptrdiff_t* offsets() const { return offsets_.data(); }

  /// Tiles whose transformed inputs are held at a time.
  int tile_block() const { return tile_block_; }
  /// 16-bit numbers from one tile to the next and from one point to the next.
  std::ptrdiff_t tile_step() const { return std::ptrdiff_t{pairs_} * kLanes * 2; }
  std::ptrdiff_t point_step() const { return tile_block_ * tile_step() + kPadding; }
  std::size_t input_size() const { return static_cast<std::size_t>(kTilePoints * point_step()); }
  /// 32-bit numbers from one point's sums of a chunk to the next, and of all points.
  std::ptrdiff_t sums_step() const {
    return std::ptrdiff_t{tile_block_} * kChunk * kChannelBlock * kLanes + kPadding;
  }
  std::size_t sums_size() const { return static_cast<std::size_t>(kTilePoints * sums_step()); }
  /// 32-bit numbers of a chunk's outputs: (channel, tile, row, column, lane).
  std::size_t outputs_size() const {
    return std::size_t{kChunk} * kChannelBlock * tile_block_ * kTile * kTile * kLanes;
  }

  static constexpr int kChunk = 8;  ///< blocks per chunk

 private:
  /// Keeps the 36 streams of a transform out of each other's cache sets.
  static constexpr std::ptrdiff_t kPadding = 2 * kLanes;
  int pairs_ = 0, tiles_x_ = 0, tiles_y_ = 0, tile_block_ = 0;
  std::vector<int> first_channel_;
  std::vector<std::ptrdiff_t> offsets_;
};

/// `weights` is rows() x out_channels, 8 bits at most, row index as in Layer::rows().
WinogradWeights pack_winograd(const Layer& layer, const WinogradLayout& layout,
                              const Eigen::MatrixXi& weights, bool input_signed);

/// Transforms the inputs of one tile of a map, with the layer's zero padding:
/// `transformed` gets pair after pair of every point, `point_step` apart.
void transform_tile(const Layer& layer, int tile_y, int tile_x, const LaneMap& map,
                    std::int16_t* transformed, std::ptrdiff_t point_step);

/// Turns the sums of one tile and channel, `point_step` apart, into its 4 x 4 accumulators minus
/// `centre`, (row, column, lane); adds them to `outputs` if `add`.
void transform_sums(const std::int32_t* sums, std::ptrdiff_t point_step, std::int32_t centre,
                    bool add, std::int32_t* outputs);

}  // namespace kirchhoff::quant
