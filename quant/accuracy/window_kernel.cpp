#include "quant/accuracy/window_kernel.h"

#include <algorithm>

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

struct Kernels {
  void (*pack_pairs)(const Layer& layer, const PairLayout& layout, const std::uint8_t* map,
                     int shift, std::int16_t* pairs);
  void (*accumulate[kChannelBlock + 1])(const WindowRow& row);  ///< by channels
  void (*requantise_rising)(const OutputRow& row);
  void (*requantise_falling)(const OutputRow& row);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/window_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

PairLayout::PairLayout(const Layer& layer)
    : height(layer.input.height + layer.padding.rows()),
      width(layer.input.width + layer.padding.columns()) {
  const int channels = layer.input.channels;
  const int by_channel = (channels + 1) / 2 * layer.kernel_height * layer.kernel_width;
  const int by_row = channels * ((layer.kernel_height + 1) / 2) * layer.kernel_width;
  pairs_rows = by_row < by_channel;
  planes = pairs_rows ? channels : (channels + 1) / 2;
  taps = std::min(by_row, by_channel);
}

void pack_pairs(const Layer& layer, const PairLayout& layout, const std::uint8_t* map, int shift,
                std::int16_t* pairs) {
  kernels().pack_pairs(layer, layout, map, shift, pairs);
}

void accumulate(const WindowRow& row) { kernels().accumulate[row.channels](row); }

void requantise_row(const OutputRow& row) {
  if (row.multiplier < 0.0) return kernels().requantise_falling(row);
  kernels().requantise_rising(row);
}

}  // namespace kirchhoff::quant
