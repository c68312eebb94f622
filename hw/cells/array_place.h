#pragma once

namespace kirchhoff::hw {

/// Which array of a chip a cell lies in, as its draws are numbered: by what the array holds, a
/// slice of a block of a layer's weights, and not by the place where a policy puts it
/// (docs/cells.md).
struct ArrayPlace {
  int layer = 0;          ///< label of the layer, below 2^16
  int row_begin = 0;      ///< of the block in the layer's unrolled matrix
  int column_begin = 0;   ///< likewise
  int slice = 0;          ///< of the weights, below 2^9
  bool negative = false;  ///< the negative array of a pair
  /// Of the block: cells that its lines lead to (CellModel). No part of the name.
  int rows = 1, columns = 1;
};

}  // namespace kirchhoff::hw
