#include "quant/float/winograd_kernels.h"

#include <algorithm>
#include <vector>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

constexpr int kBlock = static_cast<int>(kWinogradBlock);
constexpr int kMostRows = 12;

/// The transforms' matrices, from the points 0, 1, -1, 2 (, -2) and infinity.
template <int kTile>
struct Matrices;

template <>
struct Matrices<4> {
  static constexpr float kInput[6][6] = {{4, 0, -5, 0, 1, 0},  {0, -4, -4, 1, 1, 0},
                                         {0, 4, -4, -1, 1, 0}, {0, -2, -1, 2, 1, 0},
                                         {0, 2, -1, -2, 1, 0}, {0, 4, 0, -5, 0, 1}};
  static constexpr float kFilter[6][3] = {{1.f / 4, 0, 0},
                                          {-1.f / 6, -1.f / 6, -1.f / 6},
                                          {-1.f / 6, 1.f / 6, -1.f / 6},
                                          {1.f / 24, 1.f / 12, 1.f / 6},
                                          {1.f / 24, -1.f / 12, 1.f / 6},
                                          {0, 0, 1}};
  static constexpr float kOutput[4][6] = {
      {1, 1, 1, 1, 1, 0}, {0, 1, -1, 2, -2, 0}, {0, 1, 1, 4, 4, 0}, {0, 1, -1, 8, -8, 1}};
};

template <>
struct Matrices<3> {
  static constexpr float kInput[5][5] = {
      {2, -1, -2, 1, 0}, {0, -2, -1, 1, 0}, {0, 2, -3, 1, 0}, {0, -1, 0, 1, 0}, {0, 2, -1, -2, 1}};
  static constexpr float kFilter[5][3] = {{1.f / 2, 0, 0},
                                          {-1.f / 2, -1.f / 2, -1.f / 2},
                                          {-1.f / 6, 1.f / 6, -1.f / 6},
                                          {1.f / 6, 1.f / 3, 2.f / 3},
                                          {0, 0, 1}};
  static constexpr float kOutput[3][5] = {{1, 1, 1, 1, 0}, {0, 1, -1, 2, 0}, {0, 1, 1, 4, 1}};
};

/// One of them, or its transpose, with kIn columns.
template <int kTile>
struct InputMatrix {
  static constexpr int kIn = kTile + 2, kOut = kTile + 2;
  static constexpr float at(int row, int column) { return Matrices<kTile>::kInput[row][column]; }
};
template <int kTile>
struct OutputMatrix {
  static constexpr int kIn = kTile + 2, kOut = kTile;
  static constexpr float at(int row, int column) { return Matrices<kTile>::kOutput[row][column]; }
};
template <int kTile>
struct OutputGradientMatrix {
  static constexpr int kIn = kTile, kOut = kTile + 2;
  static constexpr float at(int row, int column) { return Matrices<kTile>::kOutput[column][row]; }
};
template <int kTile>
struct FilterMatrix {
  static constexpr int kIn = 3, kOut = kTile + 2;
  static constexpr float at(int row, int column) { return Matrices<kTile>::kFilter[row][column]; }
};
template <int kTile>
struct FilterGradientMatrix {
  static constexpr int kIn = kTile + 2, kOut = 3;
  static constexpr float at(int row, int column) { return Matrices<kTile>::kFilter[column][row]; }
};

/// Where a tile's first output lies.
struct Corner {
  std::int64_t image, row, column;
};
Corner corner(const WinogradTiles& tiles, std::int64_t index) {
  const std::int64_t per_map = tiles.down * tiles.across, rest = index % per_map;
  return {index / per_map, rest / tiles.across * tiles.tile, rest % tiles.across * tiles.tile};
}

using Gather = void (*)(const WinogradTiles&, const WinogradMaps&, std::int64_t padding,
                        std::int64_t first, std::int64_t begin, std::int64_t end, const float*,
                        float*);
using Scatter = void (*)(const WinogradTiles&, const WinogradMaps&, std::int64_t first,
                         std::int64_t begin, std::int64_t end, const float*, float*);
using Filters = void (*)(std::int64_t rows, std::int64_t columns, std::int64_t begin,
                         std::int64_t end, const float*, float*);
using RowsKernel = void (*)(std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                            bool, float*);

/// What is compiled for each kind of processor, for each size of tiles and for all of them.
struct TileKernels {
  Gather gather_inputs, gather_output_gradients;
  Scatter scatter;
  Filters filters, filter_gradients;
};
struct Kernels {
  TileKernels tiles_of_3, tiles_of_4;
  std::int64_t rows_together;
  RowsKernel multiply[kMostRows + 1];  ///< by rows
  void (*accumulate_block)(std::int64_t tiles, const float* left, const float* right, float* to);

  const TileKernels& tiles(std::int64_t tile) const { return tile == 4 ? tiles_of_4 : tiles_of_3; }
};

#define KIRCHHOFF_KERNELS "quant/float/winograd_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

void winograd_gather(WinogradTransform transform, const WinogradTiles& tiles,
                     const WinogradMaps& maps, std::int64_t padding, std::int64_t first,
                     std::int64_t begin, std::int64_t end, const float* map, float* to) {
  const TileKernels& of_tile = kernels().tiles(tiles.tile);
  const bool inputs = transform == WinogradTransform::kInput;
  (inputs ? of_tile.gather_inputs : of_tile.gather_output_gradients)(tiles, maps, padding, first,
                                                                     begin, end, map, to);
}

void winograd_scatter(const WinogradTiles& tiles, const WinogradMaps& maps, std::int64_t first,
                      std::int64_t begin, std::int64_t end, const float* from, float* map) {
  kernels().tiles(tiles.tile).scatter(tiles, maps, first, begin, end, from, map);
}

void winograd_filters(std::int64_t tile, std::int64_t rows, std::int64_t columns,
                      std::int64_t begin, std::int64_t end, const float* filters, float* to) {
  kernels().tiles(tile).filters(rows, columns, begin, end, filters, to);
}

void winograd_filter_gradients(std::int64_t tile, std::int64_t rows, std::int64_t columns,
                               std::int64_t begin, std::int64_t end, const float* from,
                               float* filters) {
  kernels().tiles(tile).filter_gradients(rows, columns, begin, end, from, filters);
}

void winograd_multiply(std::int64_t tiles, std::int64_t rows, std::int64_t columns, const float* in,
                       const float* filters, float* out) {
  // So many rows of 16 columns leave space beside them in the first-level cache.
  constexpr std::int64_t kCachedRows = 256;
  const Kernels& chosen = kernels();
  for (std::int64_t row = 0; row < rows; row += kCachedRows) {
    const std::int64_t blocks = std::min(kCachedRows, rows - row) / kBlock;
    for (std::int64_t column = 0; column < columns; column += kBlock) {
      for (std::int64_t tile = 0; tile < tiles; tile += chosen.rows_together) {
        chosen.multiply[std::min(chosen.rows_together, tiles - tile)](
            blocks, tiles * kBlock, kBlock, in + row * tiles + tile * kBlock,
            filters + column * rows + row * kBlock, row > 0, out + column * tiles + tile * kBlock);
      }
    }
  }
}

void winograd_accumulate(std::int64_t tiles, std::int64_t rows, std::int64_t columns,
                         const float* in, const float* out, float* filters) {
  const Kernels& chosen = kernels();
  for (std::int64_t column = 0; column < columns; column += kBlock) {
    for (std::int64_t row = 0; row < rows; row += kBlock) {
      chosen.accumulate_block(tiles, in + row * tiles, out + column * tiles,
                              filters + column * rows + row * kBlock);
    }
  }
}

}  // namespace kirchhoff::quant
