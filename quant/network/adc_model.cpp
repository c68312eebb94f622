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

std::vector<AdcModel::Digit> AdcModel::digits(int activation_bits) const {
  const int count = (activation_bits + digit_bits - 1) / digit_bits;
  std::vector<Digit> digits;
  int bit = 0;
  for (int i = 0; i < count; ++i) {
    const int bits = activation_bits / count + (i < activation_bits % count ? 1 : 0);
    digits.push_back({bit, bits});
    bit += bits;
  }
  return digits;
}

bool AdcModel::can_clip(int positive, int negative, bool input_signed) const {
  const int largest = largest_drive(), smallest = smallest_drive(input_signed);
  return clips(positive * largest - negative * smallest) ||
         clips(positive * smallest - negative * largest);
}

bool AdcModel::lossless(int rows) const {
  if (lsb != 1 || cells) return false;
  const int used = read_rows(std::min(rows, block_rows));
  int largest = used * top_level();
  if (offset) {
    if (unit_column && can_clip(used, 0, false)) return false;
    largest = std::min(largest, flip_threshold() - 1);
  }
  // All of one sign: a digit below zero is smaller than the largest above.
  return !can_clip(largest, 0, false) && (offset || !can_clip(0, largest, false));
}

bool AdcModel::lossless(const Layer& shape, const IntegerLayer& layer) const {
  if (!on_crossbars(shape, grouped)) return true;
  if (lsb != 1 || cells) return false;
  const int slices = this->slices(layer.weight_bits);
  using SliceSums = std::array<int, 16>;  // sums of levels by slice
  for (const MatrixBlock& block : matrix_blocks(shape, block_rows, block_columns, grouped)) {
    const int read = read_rows(block.rows);
    if (offset && unit_column && can_clip(read, 0, layer.input_signed)) return false;
    const auto stored = [&](int row, int column) {
      const int weight = weight_at(shape, layer, block.row_begin + row, column);
      return offset ? weight + (1 << (layer.weight_bits - 1)) : weight;
    };
    const auto add = [&](int value, SliceSums& sums) {
      for (int j = 0; value != 0; ++j, value >>= cell_bits)
        sums[static_cast<std::size_t>(j)] += value & top_level();
    };
    for (int c = block.column_begin; c < block.column_begin + block.columns; ++c) {
      SliceSums all{};
      for (int r = 0; offset && r < block.rows; ++r) add(stored(r, c), all);
      for (int first = 0; first < block.rows; first += read) {
        const int last = std::min(block.rows, first + read);
        SliceSums positive{}, negative{};
        for (int r = first; r < last; ++r) {
          const int value = stored(r, c);
          add(std::abs(value), value < 0 ? negative : positive);
        }
        for (std::size_t j = 0; j < static_cast<std::size_t>(slices); ++j) {
          if (offset && all[j] >= flip_threshold())
            positive[j] = (last - first) * top_level() - positive[j];
          if (can_clip(positive[j], negative[j], layer.input_signed)) return false;
        }
      }
    }
  }
  return true;
}

}  // namespace kirchhoff::quant
