#pragma once

#include "hw/cells/cell_model.h"
#include "hw/cells/converter_model.h"
#include "hw/config/pe_config.h"
#include "quant/network/cell_source.h"

namespace kirchhoff::sim {

/// The real cells and converters of a chip for whoever infers without it.
class ChipCells final : public quant::CellSource {
 public:
  explicit ChipCells(const hw::PeConfig& pe)
      : model_(pe.cells, pe.crossbar.cell_bits), converters_(pe) {}
  int conductance(const quant::CellArray& array, int row, int column, int level) const override;
  base::Staircase transfer(const quant::CellArray& array, int number) const override;

 private:
  const hw::CellModel model_;
  const hw::ConverterModel converters_;
};

}  // namespace kirchhoff::sim
