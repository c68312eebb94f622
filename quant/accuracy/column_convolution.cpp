#include "quant/accuracy/column_convolution.h"

#include <utility>
#include <vector>

namespace kirchhoff::quant {

ColumnConvolution::ColumnConvolution(const Layer& layer, AdcColumns columns)
    : ConvertedConvolution(layer, columns.plain, columns.plain_groups, columns.adc.block_rows),
      columns_(std::move(columns)) {
  columns_.plain.resize(0, 0);
}

void ColumnConvolution::convert(const Windows& windows, const LaneMap& map,
                                StageScratch& scratch) const {
  std::vector<std::int32_t> input_sums(kSlots, 0);
  for (std::size_t b = 0; b < columns_.blocks.size(); ++b) {
    const AdcColumns::Block& block = columns_.blocks[b];
    const std::size_t end = block.first_entry + static_cast<std::size_t>(block.columns);
    if (columns_.input_factor.empty() &&
        columns_.first_slice[block.first_entry] == columns_.first_slice[end])
      continue;
    set_lines(block.first_row, block.rows, windows, map, scratch);
    if (!columns_.input_factor.empty())
      convert_inputs(columns_, b, scratch.lines, input_sums.data());
    for (int c = 0; c < block.columns; ++c) {
      convert_column(columns_, block.first_entry + static_cast<std::size_t>(c), scratch.lines,
                     windows.valid, input_sums.data(),
                     scratch.all_sums.data() + windows.first * window_step() +
                         std::ptrdiff_t{block.first_column + c} * kLanes,
                     window_step(), scratch.clipped);
    }
  }
}

}  // namespace kirchhoff::quant
