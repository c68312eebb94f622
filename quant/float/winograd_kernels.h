#pragma once

#include <cstdint>

namespace kirchhoff::quant {

/// Winograd's minimal filtering F(m x m, 3 x 3) in float32: a tile of m x m outputs takes (m+2)^2
/// products per pair of channels, one at each "point", instead of 9 m^2. Tiles and filters are
/// transformed to points, multiplied point by point, and the products transformed back.
///
/// Maps are images x rows x columns x channels. Transformed tiles lie by point, block of 16
/// channels, tile, channel; transformed filters by point, block of 16 columns, row, column; from
/// point to point it is winograd_point_step(). Channels, rows and columns are multiples of 16.
/// Every function is the work of one thread, and computes the same bits on every processor (fast
/// where it has fused multiply-adds) and in any division of the work between threads.

constexpr std::int64_t kWinogradBlock = 16;

/// Equal maps of a batch.
struct WinogradMaps {
  std::int64_t height, width, channels;
};

/// Tiles that are transformed and multiplied together.
struct WinogradTiles {
  std::int64_t tile;          ///< m: 3 or 4
  std::int64_t down, across;  ///< tiles of one map
  std::int64_t count;         ///< tiles of this block
  std::int64_t points() const { return (tile + 2) * (tile + 2); }
};

/// Floats from one point to the next of `count` rows (tiles, or rows of a filter matrix) of
/// `channels`: a cache line more than they need, lest all points of a tile share a cache set.
inline std::int64_t winograd_point_step(std::int64_t count, std::int64_t channels) {
  return count * channels + kWinogradBlock;
}

/// What a tile is of: a convolution's input, (m+2) x (m+2) pixels, or the gradient of its output,
/// m x m.
enum class WinogradTransform { kInput, kOutputGradient };

/// Transforms tiles [begin, end) of a block, whose tile 0 is tile `first` of the batch, into `to`.
/// `padding`: rows and columns of zeros around the maps.
void winograd_gather(WinogradTransform transform, const WinogradTiles& tiles,
                     const WinogradMaps& maps, std::int64_t padding, std::int64_t first,
                     std::int64_t begin, std::int64_t end, const float* map, float* to);

/// Writes the outputs of tiles [begin, end) of a block.
void winograd_scatter(const WinogradTiles& tiles, const WinogradMaps& maps, std::int64_t first,
                      std::int64_t begin, std::int64_t end, const float* from, float* map);

/// Filters, 3 x 3 x rows x columns, of rows [begin, end).
void winograd_filters(std::int64_t tile, std::int64_t rows, std::int64_t columns,
                      std::int64_t begin, std::int64_t end, const float* filters, float* to);

/// Gradients of filters, 3 x 3 x rows x columns, from those of transformed filters.
void winograd_filter_gradients(std::int64_t tile, std::int64_t rows, std::int64_t columns,
                               std::int64_t begin, std::int64_t end, const float* from,
                               float* filters);

/// One point: out (tiles x columns) = in (tiles x rows) * filters (rows x columns).
void winograd_multiply(std::int64_t tiles, std::int64_t rows, std::int64_t columns, const float* in,
                       const float* filters, float* out);

/// One point: filters (rows x columns) += transposed in (tiles x rows) * out (tiles x columns).
void winograd_accumulate(std::int64_t tiles, std::int64_t rows, std::int64_t columns,
                         const float* in, const float* out, float* filters);

}  // namespace kirchhoff::quant
