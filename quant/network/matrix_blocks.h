#pragma once

#include <vector>

#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// How a convolution with groups lies on crossbars.
enum class GroupedMatrix {
  kDiagonal,  ///< groups one behind the other along the diagonal, as many per crossbar as fit
  kDense,     ///< the whole matrix, zeros between groups included
  kDigital,   ///< depthwise ones on none, others as kDiagonal
};

/// Whether the weights of a layer lie on crossbars.
bool on_crossbars(const Layer& layer, GroupedMatrix grouped);

/// A piece of a layer's unrolled weight matrix that fits one crossbar. Rows are those of all groups
/// (Layer::all_rows()).
struct MatrixBlock {
  int row_block = 0;     ///< among those with the same columns
  int column_block = 0;  ///< number of its columns' range
  int row_begin = 0, rows = 0;
  int column_begin = 0, columns = 0;
};

/// Cuts the matrix for crossbars of rows x columns cells, column range by column range, so that the
/// row blocks of an output stay together. Every weight lies in exactly one block; those of a layer
/// that is on no crossbars in none.
std::vector<MatrixBlock> matrix_blocks(const Layer& layer, int rows, int columns,
                                       GroupedMatrix grouped = GroupedMatrix::kDiagonal);

/// Groups of which a crossbar holds all weights, at least one.
int groups_per_block(const Layer& layer, int rows, int columns);

}  // namespace kirchhoff::quant
