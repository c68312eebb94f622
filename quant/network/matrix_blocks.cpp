#include "quant/network/matrix_blocks.h"

#include <algorithm>

namespace kirchhoff::quant {
namespace {

/// A rectangle of the matrix, cut into blocks that are appended.
void cut(const MatrixBlock& whole, int rows, int columns, std::vector<MatrixBlock>& blocks) {
  int column_block = blocks.empty() ? 0 : blocks.back().column_block + 1;
  for (int c = 0; c < whole.columns; c += columns, ++column_block) {
    for (int r = 0; r < whole.rows; r += rows) {
      blocks.push_back({r / rows, column_block, whole.row_begin + r, std::min(rows, whole.rows - r),
                        whole.column_begin + c, std::min(columns, whole.columns - c)});
    }
  }
}

}  // namespace

bool on_crossbars(const Layer& layer, GroupedMatrix grouped) {
  return layer.has_weights() && !(grouped == GroupedMatrix::kDigital && layer.is_depthwise());
}

int groups_per_block(const Layer& layer, int rows, int columns) {
  const int outputs = layer.out_channels / layer.groups;
  return std::clamp(std::min(rows / layer.rows(), columns / outputs), 1, layer.groups);
}

std::vector<MatrixBlock> matrix_blocks(const Layer& layer, int rows, int columns,
                                       GroupedMatrix grouped) {
  std::vector<MatrixBlock> blocks;
  if (!on_crossbars(layer, grouped)) return blocks;
  const int groups =
      grouped == GroupedMatrix::kDense ? layer.groups : groups_per_block(layer, rows, columns);
  const int outputs = layer.out_channels / layer.groups;
  for (int g = 0; g < layer.groups; g += groups) {
    const int count = std::min(groups, layer.groups - g);
    cut({0, 0, g * layer.rows(), count * layer.rows(), g * outputs, count * outputs}, rows, columns,
        blocks);
  }
  return blocks;
}

}  // namespace kirchhoff::quant
