#pragma once

#include <cstddef>

namespace kirchhoff::base {

/// A matrix in float32 within a larger one, or transposed: element (row, column) lies at
/// data[row * row_step + column * column_step].
struct MatrixView {
  const float* data = nullptr;
  std::ptrdiff_t row_step = 0, column_step = 1;

  MatrixView transposed() const { return {data, column_step, row_step}; }
};

/// to (rows x columns, `to_step` floats from row to row) = left (rows x inner) * right (inner x
/// columns), or += with `add`.
///
/// Every element is one chain of fused multiply-adds over the inner index from first to last. What
/// is computed is therefore the same on every processor, in any division of rows and columns
/// between threads or calls, and in any division of the inner index between calls that add. One
/// thread's work. Fast where `right` has rows of neighbours (column_step 1).
void matrix_product(std::size_t rows, std::size_t inner, std::size_t columns, MatrixView left,
                    MatrixView right, float* to, std::size_t to_step, bool add = false);

}  // namespace kirchhoff::base
