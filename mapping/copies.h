#pragma once

#include "hw/config/chip_config.h"
#include "quant/network/layer.h"
#include "quant/network/policy.h"

namespace kirchhoff::mapping {

/// Copies of a layer's weights, and how they share out its output map: `columns` stripes side by
/// side, in each of which `rows` copies take turns with the rows. Both at least 1, and no more than
/// the output map has.
struct CopyGrid {
  int rows = 1, columns = 1;

  int copies() const { return rows * columns; }
  bool operator==(const CopyGrid& other) const {
    return rows == other.rows && columns == other.columns;
  }
};

/// Columns [begin, begin + count) of a map.
struct ColumnRange {
  int begin = 0, count = 0;

  int end() const { return begin + count; }
  bool meets(const ColumnRange& other) const { return begin < other.end() && other.begin < end(); }
};

/// What one copy computes, and the columns of its operands that it needs for that.
struct Piece {
  int copy = 0;
  int row_begin = 0, row_step = 1;  ///< rows of the output map: the first, and to the next one
  ColumnRange output, input, residual;
  /// Nothing but what lies under its windows comes in. Else whole maps do.
  bool sparse = false;

  /// Rows of the output map that it computes.
  int rows(const quant::Layer& layer) const {
    return (layer.output().height - row_begin + row_step - 1) / row_step;
  }
  /// Windows of an image.
  int windows(const quant::Layer& layer) const {
    return rows(layer) * output.count * layer.pool * layer.pool;
  }
  /// Columns of padding that its windows reach into, before and behind the columns of the input.
  int padding_left(const quant::Layer& layer) const;
  int padding_right(const quant::Layer& layer) const;
};

/// Copies are numbered row by row of the grid; those further left or further up may have a column
/// or a row more. `sparse`: as of Piece, where one copy would take whole maps.
Piece piece_of(const quant::Layer& layer, const CopyGrid& grid, int copy, bool sparse);

/// The columns of the copy that has most of the input; of any row.
Piece widest_piece(const quant::Layer& layer, const CopyGrid& grid, bool sparse);

/// Windows of the copy that has most.
int busiest_windows(const quant::Layer& layer, const CopyGrid& grid);

/// The grid of at most so many copies whose busiest has the fewest windows; of those that with the
/// fewest copies, then that with most stripes, which get least of the input twice.
CopyGrid best_grid(const quant::Layer& layer, int copies);

}  // namespace kirchhoff::mapping
