#include "base/matrix_product.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/lanes.h"

namespace kirchhoff::base {
namespace {

constexpr std::size_t kBlock = 2 * kLanes;  // columns together
constexpr std::size_t kRowsTogether = 6;
// So many rows of a block leave space beside them in the first-level cache.
constexpr std::size_t kCachedRows = 256;
// Fewer rows than this do not pay for copying the right side.
constexpr std::size_t kWorthPacking = 40;

using RowsKernel = void (*)(std::size_t, const float*, std::ptrdiff_t, std::ptrdiff_t, const float*,
                            std::ptrdiff_t, float*, std::size_t, bool);

#if defined(__x86_64__)
namespace fused {
#define KIRCHHOFF_TARGET KIRCHHOFF_FUSED_TARGET
#define KIRCHHOFF_FUSE fuse_avx2
#include "base/matrix_product_kernel.inc"
#undef KIRCHHOFF_TARGET
#undef KIRCHHOFF_FUSE
}  // namespace fused
#endif

namespace anywhere {
#define KIRCHHOFF_TARGET
#define KIRCHHOFF_FUSE fuse_anywhere
#include "base/matrix_product_kernel.inc"
#undef KIRCHHOFF_TARGET
#undef KIRCHHOFF_FUSE
}  // namespace anywhere

const RowsKernel* kernels() {
#if defined(__x86_64__)
  if (has_fused_lanes()) return fused::kRowsKernels;
#endif
  return anywhere::kRowsKernels;
}

}  // namespace

void matrix_product(std::size_t rows, std::size_t inner, std::size_t columns, MatrixView left,
                    MatrixView right, float* to, std::size_t to_step, bool add) {
  static const RowsKernel* const kKernels = kernels();
  if (inner == 0) {
    if (add) return;
    for (std::size_t r = 0; r < rows; ++r) std::fill_n(to + r * to_step, columns, 0.0f);
    return;
  }
  alignas(64) std::array<float, kCachedRows * kBlock> packed;
  alignas(64) std::array<float, kRowsTogether * kBlock> edge;
  for (std::size_t first = 0; first < inner; first += kCachedRows) {
    const std::size_t depth = std::min(kCachedRows, inner - first);
    const bool goes_on = add || first > 0;
    const float* const left_block =
        left.data + static_cast<std::ptrdiff_t>(first) * left.column_step;
    for (std::size_t column = 0; column < columns; column += kBlock) {
      const std::size_t width = std::min(kBlock, columns - column);
      const float* block = right.data + static_cast<std::ptrdiff_t>(first) * right.row_step +
                           static_cast<std::ptrdiff_t>(column) * right.column_step;
      std::ptrdiff_t block_step = right.row_step;
      if (width < kBlock || right.column_step != 1 || rows >= kWorthPacking) {
        for (std::size_t i = 0; i < depth; ++i, block += right.row_step) {
          float* const row = packed.data() + i * kBlock;
          if (right.column_step == 1 && width == kBlock) {
            std::memcpy(row, block, kBlock * sizeof(float));
            continue;
          }
          for (std::size_t c = 0; c < width; ++c) {
            row[c] = block[static_cast<std::ptrdiff_t>(c) * right.column_step];
          }
          std::fill(row + width, row + kBlock, 0.0f);
        }
        block = packed.data();
        block_step = kBlock;
      }
      for (std::size_t row = 0; row < rows; row += kRowsTogether) {
        const std::size_t height = std::min(kRowsTogether, rows - row);
        const float* const left_rows =
            left_block + static_cast<std::ptrdiff_t>(row) * left.row_step;
        float* const target = to + row * to_step + column;
        if (width == kBlock) {
          kKernels[height](depth, left_rows, left.row_step, left.column_step, block, block_step,
                           target, to_step, goes_on);
          continue;
        }
        // A few numbers each: loops, not calls.
        for (std::size_t r = 0; r < height && goes_on; ++r) {
          for (std::size_t c = 0; c < width; ++c) edge[r * kBlock + c] = target[r * to_step + c];
          for (std::size_t c = width; c < kBlock; ++c) edge[r * kBlock + c] = 0.0f;
        }
        kKernels[height](depth, left_rows, left.row_step, left.column_step, block, block_step,
                         edge.data(), kBlock, goes_on);
        for (std::size_t r = 0; r < height; ++r) {
          for (std::size_t c = 0; c < width; ++c) target[r * to_step + c] = edge[r * kBlock + c];
        }
      }
    }
  }
}

}  // namespace kirchhoff::base
