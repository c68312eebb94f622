#include "quant/network/adc_model.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace kirchhoff::quant {

int AdcModel::flip_threshold() const {
  int threshold = 1;
  while (2 * threshold <= block_rows * top_level()) threshold *= 2;
  return threshold;
}

bool AdcModel::lossless(int rows) const {
  const int used = std::min(rows, block_rows);
  int largest = used * top_level();
  if (offset) {
    if (unit_column && convert(used) != used) return false;
    largest = std::min(largest, flip_threshold() - 1);
  }
  for (int value = offset ? 0 : -largest; value <= largest; ++value) {
    if (convert(value) != value) return false;
  }
  return true;
}

bool AdcModel::lossless(const Layer& shape, const IntegerLayer& layer) const {
  if (!on_crossbars(shape, grouped)) return true;
  if (lsb != 1) return false;
  const int slices = (layer.weight_bits + cell_bits - 1) / cell_bits;
  for (const MatrixBlock& block : matrix_blocks(shape, block_rows, block_columns, grouped)) {
    if (offset && unit_column && clips(block.rows)) return false;
    for (int c = block.column_begin; c < block.column_begin + block.columns; ++c) {
      std::array<int, 16> positive{}, negative{};  // sums of levels by slice
      for (int r = 0; r < block.rows; ++r) {
        const int weight = weight_at(shape, layer, block.row_begin + r, c);
        int stored = offset ? weight + (1 << (layer.weight_bits - 1)) : std::abs(weight);
        std::array<int, 16>& sums = !offset && weight < 0 ? negative : positive;
        for (int j = 0; stored != 0; ++j, stored >>= cell_bits)
          sums[static_cast<std::size_t>(j)] += stored & top_level();
      }
      for (std::size_t j = 0; j < static_cast<std::size_t>(slices); ++j) {
        int largest = positive[j];
        if (offset && largest >= flip_threshold()) largest = block.rows * top_level() - largest;
        if (clips(largest) || clips(-negative[j])) return false;
      }
    }
  }
  return true;
}

}  // namespace kirchhoff::quant
