#include "quant/accuracy/cell_convolution.h"

#include <utility>

namespace kirchhoff::quant {

CellConvolution::CellConvolution(const Layer& layer, CellColumns columns)
    : ConvertedConvolution(layer, columns.plain, 1, columns.adc.block_rows),
      columns_(std::move(columns)) {
  columns_.plain.resize(0, 0);
}

void CellConvolution::convert(const Windows& windows, const LaneMap& map,
                              StageScratch& scratch) const {
  for (const CellColumns::Block& block : columns_.blocks) {
    set_lines(block.first_row, block.rows, windows, map, scratch);
    convert_cells(columns_, block, scratch.lines, windows.valid, windows.noise, windows.count,
                  scratch.cells, scratch.all_sums.data() + windows.first * window_step(),
                  window_step(), scratch.clipped);
  }
}

}  // namespace kirchhoff::quant
