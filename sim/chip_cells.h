#pragma once

#include "hw/cells/cell_model.h"
#include "hw/cells/converter_model.h"
#include "hw/cells/pair_noise.h"
#include "hw/config/pe_config.h"
#include "quant/network/cell_source.h"

namespace kirchhoff::sim {

/// The real cells and converters of a chip for whoever infers without it.
class ChipCells final : public quant::CellSource {
 public:
  explicit ChipCells(const hw::PeConfig& pe)
      : model_(pe.cells, pe.crossbar.cell_bits), converters_(pe), noise_(pe) {}
  int conductance(const quant::CellArray& array, int row, int column, int level) const override;
  base::Staircase transfer(const quant::CellArray& array, int number) const override;
  base::NoiseKey noise_key(const quant::CellArray& array) const override;
  int noise_square(int conductance) const override { return noise_.square(conductance); }

 private:
  const hw::CellModel model_;
  const hw::ConverterModel converters_;
  const hw::NoiseModel noise_;
};

}  // namespace kirchhoff::sim
