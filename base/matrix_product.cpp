#include "base/matrix_product.h"

#include <algorithm>
#include <array>

#include "base/kernels.h"

namespace kirchhoff::base {
namespace {

constexpr std::size_t kBlock = 16;  // columns together
constexpr std::size_t kMostRows = 12;
// So many rows of a block leave space beside them in the first-level cache.
constexpr std::size_t kCachedRows = 256;
// Fewer rows than this do not pay for copying the right side.
constexpr std::size_t kWorthPacking = 40;

struct Kernels {
  std::size_t rows_together;
  /// By the number of rows.
  void (*multiply[kMostRows + 1])(std::size_t inner, const float* left, std::ptrdiff_t row_step,
                                  std::ptrdiff_t column_step, const float* right,
                                  std::ptrdiff_t right_step, float* to, std::size_t to_step,
                                  bool add);
};

#define KIRCHHOFF_KERNELS "base/matrix_product_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

void matrix_product(std::size_t rows, std::size_t inner, std::size_t columns, MatrixView left,
                    MatrixView right, float* to, std::size_t to_step, bool add) {
  const Kernels& chosen = kernels();
  if (inner == 0) {
    if (add) return;
    for (std::size_t r = 0; r < rows; ++r) std::fill_n(to + r * to_step, columns, 0.0f);
    return;
  }
  alignas(64) std::array<float, kCachedRows * kBlock> packed;
  alignas(64) std::array<float, kMostRows * kBlock> edge;
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
      for (std::size_t row = 0; row < rows; row += chosen.rows_together) {
        const std::size_t height = std::min(chosen.rows_together, rows - row);
        const float* const left_rows =
            left_block + static_cast<std::ptrdiff_t>(row) * left.row_step;
        float* const target = to + row * to_step + column;
        if (width == kBlock) {
          chosen.multiply[height](depth, left_rows, left.row_step, left.column_step, block,
                                  block_step, target, to_step, goes_on);
          continue;
        }
        // A few numbers each: loops, not calls.
        for (std::size_t r = 0; r < height && goes_on; ++r) {
          for (std::size_t c = 0; c < width; ++c) edge[r * kBlock + c] = target[r * to_step + c];
          for (std::size_t c = width; c < kBlock; ++c) edge[r * kBlock + c] = 0.0f;
        }
        chosen.multiply[height](depth, left_rows, left.row_step, left.column_step, block,
                                block_step, edge.data(), kBlock, goes_on);
        for (std::size_t r = 0; r < height; ++r) {
          for (std::size_t c = 0; c < width; ++c) target[r * to_step + c] = edge[r * kBlock + c];
        }
      }
    }
  }
}

}  // namespace kirchhoff::base
