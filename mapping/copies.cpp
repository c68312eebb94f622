#include "mapping/copies.h"

#include <algorithm>
#include <tuple>

#include "base/ceil_div.h"

namespace kirchhoff::mapping {

namespace {

/// Part `i` of `parts` nearly equal ones; the first are the larger ones.
ColumnRange share_out(int columns, int parts, int i) {
  const int least = columns / parts, more = columns % parts;
  return {i * least + std::min(i, more), least + (i < more ? 1 : 0)};
}

/// First column under the windows of a piece; negative in the padding.
int first_column(const quant::Layer& layer, const ColumnRange& output) {
  return output.begin * layer.pool * layer.stride.width - layer.padding.left;
}

/// One behind their last column.
int last_column(const quant::Layer& layer, const ColumnRange& output) {
  return (output.end() * layer.pool - 1) * layer.stride.width - layer.padding.left +
         layer.sweep().span().width;
}

}  // namespace

int Piece::padding_left(const quant::Layer& layer) const {
  return sparse ? input.begin - first_column(layer, output) : layer.padding.left;
}

int Piece::padding_right(const quant::Layer& layer) const {
  return input.end() == layer.input.width ? layer.padding.right : 0;
}

Piece piece_of(const quant::Layer& layer, const CopyGrid& grid, int copy, bool sparse) {
  Piece piece;
  piece.copy = copy;
  piece.row_begin = copy / grid.columns;
  piece.row_step = grid.rows;
  piece.output = share_out(layer.output().width, grid.columns, copy % grid.columns);
  piece.sparse = sparse || grid.copies() > 1;
  if (!piece.sparse) {
    piece.input = {0, layer.input.width};
    piece.residual = {0, layer.convolved().width};
    return piece;
  }
  const int begin = std::max(0, first_column(layer, piece.output));
  piece.input = {begin, std::min(layer.input.width, last_column(layer, piece.output)) - begin};
  piece.residual = {piece.output.begin * layer.pool, piece.output.count * layer.pool};
  return piece;
}

Piece widest_piece(const quant::Layer& layer, const CopyGrid& grid, bool sparse) {
  Piece widest = piece_of(layer, grid, 0, sparse);
  for (int c = 1; c < grid.columns; ++c) {
    const Piece piece = piece_of(layer, grid, c, sparse);
    if (piece.input.count > widest.input.count) widest.input = piece.input;
    if (piece.residual.count > widest.residual.count) widest.residual = piece.residual;
  }
  return widest;
}

int busiest_windows(const quant::Layer& layer, const CopyGrid& grid) {
  const quant::Shape out = layer.output();
  return base::ceil_div(out.height, grid.rows) * base::ceil_div(out.width, grid.columns) *
         layer.pool * layer.pool;
}

CopyGrid best_grid(const quant::Layer& layer, int copies) {
  const quant::Shape out = layer.output();
  CopyGrid best;
  const auto rank = [&](const CopyGrid& grid) {
    return std::make_tuple(busiest_windows(layer, grid), grid.copies(), -grid.columns);
  };
  for (int rows = 1; rows <= std::min(out.height, copies); ++rows) {
    for (int columns = 1; columns <= std::min(out.width, copies / rows); ++columns) {
      const CopyGrid grid{rows, columns};
      if (rank(grid) < rank(best)) best = grid;
    }
  }
  return best;
}

}  // namespace kirchhoff::mapping
