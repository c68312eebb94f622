#include "sim/chip_cells.h"

#include "mapping/program.h"

namespace kirchhoff::sim {

static_assert(quant::CellSource::kFractionBits == hw::CellModel::kFractionBits &&
              quant::CellSource::kMost == hw::CellModel::kMost);

namespace {

hw::ArrayPlace place(const quant::CellArray& array) {
  return {index(mapping::label_of(array.layer)),
          array.row_begin,
          array.column_begin,
          array.slice,
          array.negative,
          array.rows,
          array.columns};
}

}  // namespace

int ChipCells::conductance(const quant::CellArray& array, int row, int column, int level) const {
  return model_.conductance(place(array), row, column, level);
}

base::Staircase ChipCells::transfer(const quant::CellArray& array, int number) const {
  return converters_.transfer(place(array), number);
}

base::NoiseKey ChipCells::noise_key(const quant::CellArray& array) const {
  return noise_.key(place(array));
}

}  // namespace kirchhoff::sim
