#include "quant/accuracy/reduction.h"

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

/// One line of windows of one channel.
struct ReducedLine {
  const std::uint8_t* plane = nullptr;
  std::ptrdiff_t row_step = 0, column_step = 0;  ///< from tap to tap
  int map_width = 0;
  Taps rows;
  const Taps* columns = nullptr;  ///< of every window
  int windows = 0;
  std::int32_t* results = nullptr;  ///< (window, lane)
};

struct Kernels {
  void (*sum_unsigned)(const ReducedLine& line);
  void (*sum_signed)(const ReducedLine& line);
  void (*maximum_unsigned)(const ReducedLine& line);
  void (*maximum_signed)(const ReducedLine& line);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/reduction_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

Reduction::Reduction(const Layer& layer)
    : layer_(layer),
      output_(layer.output()),
      rows_(taps_by_line(layer)),
      columns_(taps_by_column(layer)) {}

void Reduction::compute(const Requantisation& requantisation, const StageMaps& maps,
                        StageScratch& scratch) const {
  const bool maximum = layer_.kind == LayerKind::kMaximum, has_sign = maps.input.has_sign;
  const auto reduce = maximum    ? has_sign ? kernels().maximum_signed : kernels().maximum_unsigned
                      : has_sign ? kernels().sum_signed
                                 : kernels().sum_unsigned;
  ReducedLine line;
  line.map_width = layer_.input.width;
  line.row_step = static_cast<std::ptrdiff_t>(layer_.dilation.height) * layer_.input.width * kLanes;
  line.column_step = static_cast<std::ptrdiff_t>(layer_.dilation.width) * kLanes;
  line.columns = columns_.data();
  line.windows = static_cast<int>(columns_.size());
  SumRows rows;
  rows.window_step = kLanes;
  rows.line_step = static_cast<std::ptrdiff_t>(line.windows) * kLanes;
  rows.outputs = output_.width;
  std::int32_t* sums =
      room_for(static_cast<std::size_t>(layer_.pool * rows.line_step), scratch.sums);
  rows.sums = sums;
  for (rows.channel = 0; rows.channel < layer_.out_channels; ++rows.channel) {
    line.plane = maps.input.planes[rows.channel];
    for (rows.y = 0; rows.y < output_.height; ++rows.y) {
      for (int py = 0; py < layer_.pool; ++py) {
        line.rows = rows_[static_cast<std::size_t>(rows.y * layer_.pool + py)];
        line.results = sums + py * rows.line_step;
        reduce(line);
      }
      requantisation.finish(rows, maps);
    }
  }
}

}  // namespace kirchhoff::quant
