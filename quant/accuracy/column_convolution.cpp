#include "quant/accuracy/column_convolution.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/stop_request.h"

namespace kirchhoff::quant {

ColumnConvolution::ColumnConvolution(const Layer& layer, AdcColumns columns)
    : layer_(layer), output_(layer.output()), columns_(std::move(columns)) {
  if (columns_.plain.size() != 0) {
    Layer shape = layer_;
    shape.groups = columns_.plain_groups;
    plain_.emplace(shape, columns_.plain);
  }
  columns_.plain.resize(0, 0);
}

void ColumnConvolution::compute(const Requantisation& requantisation, const StageMaps& maps,
                                StageScratch& scratch) const {
  const int count = layer_.windows();
  const int rounded = (count + kSlotWindows - 1) / kSlotWindows * kSlotWindows;
  const std::ptrdiff_t window_step = static_cast<std::ptrdiff_t>(layer_.out_channels) * kLanes;
  scratch.lines.resize(columns_.adc.block_rows, maps.input.bits, maps.input.has_sign);
  scratch.all_sums.assign(static_cast<std::size_t>(rounded * window_step), 0);
  if (plain_) {
    plain_->add_products(maps.input, scratch, [&](const PairConvolution::Sums& sums) {
      const std::ptrdiff_t first = std::ptrdiff_t{sums.y} * layer_.pool * sums.windows;
      for (std::ptrdiff_t w = 0; w < std::ptrdiff_t{layer_.pool} * sums.windows; ++w) {
        std::copy_n(sums.sums + w * sums.channels * kLanes, sums.channels * kLanes,
                    scratch.all_sums.data() + (first + w) * window_step +
                        static_cast<std::ptrdiff_t>(sums.first_channel) * kLanes);
      }
    });
  }

  for (int first = 0; first < count; first += kSlotWindows) {
    give_up_if_stopped();
    Windows windows{first, std::min(kSlotWindows, count - first), {}};
    for (int slot = 0; slot < windows.count * kLanes; ++slot) {
      if (slot % kLanes >= maps.lanes.first && slot % kLanes < maps.lanes.end)
        windows.valid.words[slot / 64] |= std::uint64_t{1} << slot % 64;
    }
    convert(windows, maps.input, scratch);
  }

  SumRows rows;
  rows.window_step = window_step;
  rows.line_step = window_step * output_.width * layer_.pool;
  rows.outputs = output_.width;
  for (rows.channel = 0; rows.channel < layer_.out_channels; ++rows.channel) {
    for (rows.y = 0; rows.y < output_.height; ++rows.y) {
      rows.sums = scratch.all_sums.data() + rows.y * layer_.pool * rows.line_step +
                  static_cast<std::ptrdiff_t>(rows.channel) * kLanes;
      requantisation.finish(rows, maps);
    }
  }
}

void ColumnConvolution::convert(const Windows& windows, const LaneMap& map,
                                StageScratch& scratch) const {
  const std::ptrdiff_t window_step = static_cast<std::ptrdiff_t>(layer_.out_channels) * kLanes;
  std::vector<std::int32_t> input_sums(kSlots, 0);
  for (std::size_t b = 0; b < columns_.blocks.size(); ++b) {
    const AdcColumns::Block& block = columns_.blocks[b];
    const std::size_t end = block.first_entry + static_cast<std::size_t>(block.columns);
    if (columns_.input_factor.empty() &&
        columns_.first_slice[block.first_entry] == columns_.first_slice[end])
      continue;
    set_lines(block, windows, map, scratch.lines);
    if (!columns_.input_factor.empty())
      convert_inputs(columns_, b, scratch.lines, input_sums.data());
    for (int c = 0; c < block.columns; ++c) {
      convert_column(columns_, block.first_entry + static_cast<std::size_t>(c), scratch.lines,
                     windows.valid, input_sums.data(),
                     scratch.all_sums.data() + windows.first * window_step +
                         std::ptrdiff_t{block.first_column + c} * kLanes,
                     window_step, scratch.clipped);
    }
  }
}

void ColumnConvolution::set_lines(const AdcColumns::Block& block, const Windows& windows,
                                  const LaneMap& map, WordLinePlanes& lines) const {
  static constexpr std::uint8_t kZeros[kLanes] = {};
  const int windows_per_line = output_.width * layer_.pool;
  const int kernel = layer_.kernel_height * layer_.kernel_width;
  for (int r = 0; r < block.rows; ++r) {
    const int channel = (block.first_row + r) / kernel, tap = (block.first_row + r) % kernel;
    const std::uint8_t* inputs[kSlotWindows];
    for (int w = 0; w < kSlotWindows; ++w) {
      const int window = windows.first + w;
      const int y = window / windows_per_line * layer_.stride.height +
                    tap / layer_.kernel_width * layer_.dilation.height - layer_.padding.top;
      const int x = window % windows_per_line * layer_.stride.width +
                    tap % layer_.kernel_width * layer_.dilation.width - layer_.padding.left;
      const bool inside = w < windows.count && y >= 0 && y < layer_.input.height && x >= 0 &&
                          x < layer_.input.width;
      inputs[w] = inside ? map.planes[channel] +
                               (static_cast<std::ptrdiff_t>(y) * layer_.input.width + x) * kLanes
                         : kZeros;
    }
    lines.set_row(r, inputs);
  }
  lines.finish(block.rows);
}

}  // namespace kirchhoff::quant
