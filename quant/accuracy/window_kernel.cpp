#include "quant/accuracy/window_kernel.h"

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

struct Kernels {
  void (*pack_unsigned)(const PairRow& row);
  void (*pack_signed)(const PairRow& row);
  void (*accumulate[kChannelBlock + 1])(const WindowRow& row);  ///< by channels
};

#define KIRCHHOFF_KERNELS "quant/accuracy/window_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

PairLayout::PairLayout(const Layer& layer, int lines)
    : height((lines - 1) * layer.stride.height + layer.sweep().span().height),
      width(layer.input.width + layer.padding.columns()) {
  const int channels = layer.input.channels / layer.groups;
  const int by_channel = (channels + 1) / 2 * layer.kernel_height;
  const int by_row = channels * ((layer.kernel_height + 1) / 2);
  pairs_rows = by_row < by_channel;
  planes = pairs_rows ? channels : (channels + 1) / 2;
}

void pack_pair_row(const PairRow& row, bool has_sign) {
  has_sign ? kernels().pack_signed(row) : kernels().pack_unsigned(row);
}

void pack_pairs(const Layer& layer, const PairLayout& layout, const LaneMap& map, int first_row,
                std::int16_t* pairs) {
  const auto pack = map.has_sign ? kernels().pack_signed : kernels().pack_unsigned;
  const int channels = layer.input.channels / layer.groups;
  PairRow row;
  row.left = layer.padding.left;
  row.width = layer.input.width;
  row.right = layer.padding.right;
  row.pairs = pairs;
  for (int group = 0; group < layer.groups; ++group) {
    // Of a channel of the group; null outside the map.
    const auto source = [&](int channel, int y) -> const std::uint8_t* {
      const int at = first_row + y - layer.padding.top;
      if (channel >= channels || at < 0 || at >= layer.input.height) return nullptr;
      return map.planes[group * channels + channel] +
             static_cast<std::ptrdiff_t>(at) * layer.input.width * kLanes;
    };
    for (int plane = 0; plane < layout.planes; ++plane) {
      for (int y = 0; y < layout.height; ++y) {
        row.first = layout.pairs_rows ? source(plane, y) : source(2 * plane, y);
        row.second =
            layout.pairs_rows ? source(plane, y + layer.dilation.height) : source(2 * plane + 1, y);
        pack(row);
        row.pairs += static_cast<std::ptrdiff_t>(layout.width) * kLanes * 2;
      }
    }
  }
}

void accumulate(const WindowRow& row) { kernels().accumulate[row.channels](row); }

}  // namespace kirchhoff::quant
