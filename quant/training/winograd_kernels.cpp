#include "quant/training/winograd_kernels.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <vector>

namespace kirchhoff::quant {

#if defined(__x86_64__)

namespace {

#define KIRCHHOFF_AVX2 __attribute__((target("avx2,fma")))
#define KIRCHHOFF_INLINE inline __attribute__((always_inline, target("avx2,fma")))

using Lanes = float __attribute__((vector_size(32)));
constexpr int kHalf = 8;
constexpr int kBlock = static_cast<int>(kWinogradBlock);
static_assert(kBlock == 2 * kHalf, "two vectors per block");

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

/// to[row * kStep] = the sum over columns of the matrix times in[column].
template <class Matrix, int kStep>
KIRCHHOFF_INLINE void multiply_lanes(const Lanes* in, Lanes* to) {
#pragma GCC unroll 8
  for (int row = 0; row < Matrix::kOut; ++row) {
    Lanes sum = {};
    bool begun = false;
#pragma GCC unroll 8
    for (int column = 0; column < Matrix::kIn; ++column) {
      const float factor = Matrix::at(row, column);
      if (factor == 0.f) continue;
      if (!begun) {
        sum = factor == 1.f ? in[column] : in[column] * factor;
      } else if (factor == 1.f) {
        sum += in[column];
      } else if (factor == -1.f) {
        sum -= in[column];
      } else {
        sum += in[column] * factor;
      }
      begun = true;
    }
    to[row * kStep] = sum;
  }
}

/// Both dimensions of 16 channels of a tile: from[i] + offset to `to` + i * step.
template <class Matrix>
KIRCHHOFF_INLINE void transform_block(const float* const* from, std::int64_t offset, float* to,
                                      std::int64_t step) {
  constexpr int kIn = Matrix::kIn, kOut = Matrix::kOut;
  Lanes columns[2][kOut][kIn];
  for (int x = 0; x < kIn; ++x) {
    for (int half = 0; half < 2; ++half) {
      Lanes in[kIn];
#pragma GCC unroll 8
      for (int y = 0; y < kIn; ++y) {
        std::memcpy(&in[y], from[y * kIn + x] + offset + half * kHalf, sizeof in[y]);
      }
      multiply_lanes<Matrix, kIn>(in, &columns[half][0][x]);
    }
  }
  for (int y = 0; y < kOut; ++y) {
    for (int half = 0; half < 2; ++half) {
      Lanes out[kOut];
      multiply_lanes<Matrix, 1>(columns[half][y], out);
#pragma GCC unroll 8
      for (int x = 0; x < kOut; ++x) {
        std::memcpy(to + (y * kOut + x) * step + half * kHalf, &out[x], sizeof out[x]);
      }
    }
  }
}

/// Where a tile's first output lies.
struct Corner {
  std::int64_t image, row, column;
};
Corner corner(const WinogradTiles& tiles, std::int64_t index) {
  const std::int64_t per_map = tiles.down * tiles.across, rest = index % per_map;
  return {index / per_map, rest / tiles.across * tiles.tile, rest % tiles.across * tiles.tile};
}

template <class Matrix>
KIRCHHOFF_AVX2 void gather(const WinogradTiles& tiles, const WinogradMaps& maps,
                           std::int64_t padding, std::int64_t first, std::int64_t begin,
                           std::int64_t end, const float* map, float* to) {
  constexpr int kIn = Matrix::kIn;
  const std::vector<float> zeros(static_cast<std::size_t>(maps.channels));
  const std::int64_t step = winograd_point_step(tiles.count, maps.channels);
  for (std::int64_t tile = begin; tile < end; ++tile) {
    const Corner at = corner(tiles, first + tile);
    const float* from[kIn * kIn];
    for (int y = 0; y < kIn; ++y) {
      for (int x = 0; x < kIn; ++x) {
        const std::int64_t row = at.row + y - padding, column = at.column + x - padding;
        const bool inside = row >= 0 && row < maps.height && column >= 0 && column < maps.width;
        from[y * kIn + x] =
            inside ? map + ((at.image * maps.height + row) * maps.width + column) * maps.channels
                   : zeros.data();
      }
    }
    for (std::int64_t channel = 0; channel < maps.channels; channel += kBlock) {
      transform_block<Matrix>(from, channel, to + channel * tiles.count + tile * kBlock, step);
    }
  }
}

template <int kTile>
KIRCHHOFF_AVX2 void scatter(const WinogradTiles& tiles, const WinogradMaps& maps,
                            std::int64_t first, std::int64_t begin, std::int64_t end,
                            const float* from, float* map) {
  using Matrix = OutputMatrix<kTile>;
  constexpr int kPoints = Matrix::kIn * Matrix::kIn;
  const std::int64_t step = winograd_point_step(tiles.count, maps.channels);
  for (std::int64_t tile = begin; tile < end; ++tile) {
    const Corner at = corner(tiles, first + tile);
    const std::int64_t rows = std::min<std::int64_t>(kTile, maps.height - at.row);
    const std::int64_t columns = std::min<std::int64_t>(kTile, maps.width - at.column);
    const float* points[kPoints];
    for (int point = 0; point < kPoints; ++point) {
      points[point] = from + point * step + tile * kBlock;
    }
    float* outputs =
        map + ((at.image * maps.height + at.row) * maps.width + at.column) * maps.channels;
    for (std::int64_t channel = 0; channel < maps.channels; channel += kBlock) {
      float block[kTile * kTile][kBlock];
      transform_block<Matrix>(points, channel * tiles.count, block[0], kBlock);
      for (std::int64_t y = 0; y < rows; ++y) {
        for (std::int64_t x = 0; x < columns; ++x) {
          std::memcpy(outputs + (y * maps.width + x) * maps.channels + channel,
                      block[y * kTile + x], sizeof block[0]);
        }
      }
    }
  }
}

template <int kTile>
KIRCHHOFF_AVX2 void transform_filters(std::int64_t rows, std::int64_t columns, std::int64_t begin,
                                      std::int64_t end, const float* filters, float* to) {
  const std::int64_t step = winograd_point_step(rows, columns);
  for (std::int64_t row = begin; row < end; ++row) {
    const float* taps[9];
    for (int tap = 0; tap < 9; ++tap) taps[tap] = filters + (tap * rows + row) * columns;
    for (std::int64_t column = 0; column < columns; column += kBlock) {
      transform_block<FilterMatrix<kTile>>(taps, column, to + column * rows + row * kBlock, step);
    }
  }
}

template <int kTile>
KIRCHHOFF_AVX2 void transform_filter_gradients(std::int64_t rows, std::int64_t columns,
                                               std::int64_t begin, std::int64_t end,
                                               const float* from, float* filters) {
  using Matrix = FilterGradientMatrix<kTile>;
  constexpr int kPoints = Matrix::kIn * Matrix::kIn;
  const std::int64_t step = winograd_point_step(rows, columns);
  for (std::int64_t row = begin; row < end; ++row) {
    const float* points[kPoints];
    for (int point = 0; point < kPoints; ++point) {
      points[point] = from + point * step + row * kBlock;
    }
    for (std::int64_t column = 0; column < columns; column += kBlock) {
      transform_block<Matrix>(points, column * rows, filters + row * columns + column,
                              rows * columns);
    }
  }
}

/// kRows x 16 of a product: out (+)= the sum over outer and inner steps of a row's element times
/// 16 columns. Twelve sums, two columns and an element fill AVX2's sixteen registers at six rows.
template <int kRows, int kRowStep, int kInnerStep>
KIRCHHOFF_AVX2 void multiply_rows(std::int64_t outer, std::int64_t outer_step, std::int64_t inner,
                                  const float* rows, const float* columns, bool add, float* out) {
  Lanes sums[kRows][2] = {};
  if (add) std::memcpy(sums, out, sizeof sums);
  for (; outer > 0; --outer, rows += outer_step) {
    const float* row = rows;
    for (std::int64_t i = 0; i < inner; ++i, row += kInnerStep, columns += kBlock) {
      Lanes low, high;
      std::memcpy(&low, columns, sizeof low);
      std::memcpy(&high, columns + kHalf, sizeof high);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const float element = row[r * kRowStep];
        sums[r][0] += low * element;
        sums[r][1] += high * element;
      }
    }
  }
  std::memcpy(out, sums, sizeof sums);
}

using RowsKernel = void (*)(std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                            bool, float*);

}  // namespace

bool winograd_runs() {
  static const bool runs = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  return runs;
}

void winograd_gather(WinogradTransform transform, const WinogradTiles& tiles,
                     const WinogradMaps& maps, std::int64_t padding, std::int64_t first,
                     std::int64_t begin, std::int64_t end, const float* map, float* to) {
  if (transform == WinogradTransform::kInput) {
    (tiles.tile == 4 ? gather<InputMatrix<4>> : gather<InputMatrix<3>>)(tiles, maps, padding, first,
                                                                        begin, end, map, to);
  } else {
    (tiles.tile == 4
         ? gather<OutputGradientMatrix<4>>
         : gather<OutputGradientMatrix<3>>)(tiles, maps, padding, first, begin, end, map, to);
  }
}

void winograd_scatter(const WinogradTiles& tiles, const WinogradMaps& maps, std::int64_t first,
                      std::int64_t begin, std::int64_t end, const float* from, float* map) {
  (tiles.tile == 4 ? scatter<4> : scatter<3>)(tiles, maps, first, begin, end, from, map);
}

void winograd_filters(std::int64_t tile, std::int64_t rows, std::int64_t columns,
                      std::int64_t begin, std::int64_t end, const float* filters, float* to) {
  (tile == 4 ? transform_filters<4> : transform_filters<3>)(rows, columns, begin, end, filters, to);
}

void winograd_filter_gradients(std::int64_t tile, std::int64_t rows, std::int64_t columns,
                               std::int64_t begin, std::int64_t end, const float* from,
                               float* filters) {
  (tile == 4 ? transform_filter_gradients<4> : transform_filter_gradients<3>)(rows, columns, begin,
                                                                              end, from, filters);
}

void winograd_multiply(std::int64_t tiles, std::int64_t rows, std::int64_t columns, const float* in,
                       const float* filters, float* out) {
  static constexpr RowsKernel kKernels[] = {nullptr,
                                            multiply_rows<1, kBlock, 1>,
                                            multiply_rows<2, kBlock, 1>,
                                            multiply_rows<3, kBlock, 1>,
                                            multiply_rows<4, kBlock, 1>,
                                            multiply_rows<5, kBlock, 1>,
                                            multiply_rows<6, kBlock, 1>};
  // So many rows of 16 columns leave space beside them in the first-level cache.
  constexpr std::int64_t kCachedRows = 256;
  for (std::int64_t row = 0; row < rows; row += kCachedRows) {
    const std::int64_t blocks = std::min(kCachedRows, rows - row) / kBlock;
    for (std::int64_t column = 0; column < columns; column += kBlock) {
      for (std::int64_t tile = 0; tile < tiles; tile += 6) {
        kKernels[std::min<std::int64_t>(6, tiles - tile)](
            blocks, tiles * kBlock, kBlock, in + row * tiles + tile * kBlock,
            filters + column * rows + row * kBlock, row > 0, out + column * tiles + tile * kBlock);
      }
    }
  }
}

void winograd_accumulate(std::int64_t tiles, std::int64_t rows, std::int64_t columns,
                         const float* in, const float* out, float* filters) {
  static_assert(kBlock == 6 + 5 + 5);
  for (std::int64_t column = 0; column < columns; column += kBlock) {
    const float* right = out + column * tiles;
    for (std::int64_t row = 0; row < rows; row += kBlock) {
      const float* left = in + row * tiles;
      float* to = filters + column * rows + row * kBlock;
      multiply_rows<6, 1, kBlock>(1, 0, tiles, left, right, true, to);
      multiply_rows<5, 1, kBlock>(1, 0, tiles, left + 6, right, true, to + 6 * kBlock);
      multiply_rows<5, 1, kBlock>(1, 0, tiles, left + 11, right, true, to + 11 * kBlock);
    }
  }
}

#else  // no vectors to be fast with

bool winograd_runs() { return false; }
void winograd_gather(WinogradTransform, const WinogradTiles&, const WinogradMaps&, std::int64_t,
                     std::int64_t, std::int64_t, std::int64_t, const float*, float*) {
  throw std::logic_error("winograd_gather: no AVX2");
}
void winograd_scatter(const WinogradTiles&, const WinogradMaps&, std::int64_t, std::int64_t,
                      std::int64_t, const float*, float*) {
  throw std::logic_error("winograd_scatter: no AVX2");
}
void winograd_filters(std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                      const float*, float*) {
  throw std::logic_error("winograd_filters: no AVX2");
}
void winograd_filter_gradients(std::int64_t, std::int64_t, std::int64_t, std::int64_t, std::int64_t,
                               const float*, float*) {
  throw std::logic_error("winograd_filter_gradients: no AVX2");
}
void winograd_multiply(std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                       float*) {
  throw std::logic_error("winograd_multiply: no AVX2");
}
void winograd_accumulate(std::int64_t, std::int64_t, std::int64_t, const float*, const float*,
                         float*) {
  throw std::logic_error("winograd_accumulate: no AVX2");
}

#endif

}  // namespace kirchhoff::quant
