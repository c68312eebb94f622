#pragma once

#include <algorithm>

namespace kirchhoff::hw {

/// Rows of a map that a tile takes: those under the kernel in the rows of windows that it computes.
/// Where copies of a layer's weights take turns with the rows of their output, some rows of the
/// input are not for all of them.
struct RowPattern {
  int shift = 0;  ///< of the row's number, before the rest: the padding above the map
  int begin = 0;  ///< first row of the first span
  int step = 0;   ///< from the begin of one span to the next; 0: every row is taken
  int span = 0;   ///< rows of a span
  int times = 0;  ///< spans

  bool takes(int row) const {
    if (step == 0) return true;
    const int from_first = row + shift - begin;
    if (from_first < 0) return false;
    return from_first - std::min(times - 1, from_first / step) * step < span;
  }
};

}  // namespace kirchhoff::hw
