#include "sim/chip_cells.h"

#include "mapping/program.h"

namespace kirchhoff::sim {

static_assert(quant::CellSource::kFractionBits == hw::CellModel::kFractionBits &&
              quant::CellSource::kMost == hw::CellModel::kMost);

int ChipCells::conductance(const quant::CellArray& array, int row, int column, int level) const {
  const int label = index(mapping::label_of(array.layer));
  return model_.conductance(
      {label, array.row_begin, array.column_begin, array.slice, array.negative}, row, column,
      level);
}

}  // namespace kirchhoff::sim
