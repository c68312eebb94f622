#include "quant/accuracy/window_kernel.h"

#include "base/kernels.h"

namespace kirchhoff::quant {
namespace {

using Accumulate = void (*)(const WindowRow& row);

struct Kernels {
  void (*pack_unsigned)(const PackedRow& row);
  void (*pack_signed)(const PackedRow& row);
  void (*pack_unsigned_quads)(const PackedRow& row);
  void (*pack_signed_quads)(const PackedRow& row);
  Accumulate accumulate[kChannelBlock + 1];  ///< by channels
  Accumulate accumulate_quads[kChannelBlock + 1];
};

#define KIRCHHOFF_KERNELS "quant/accuracy/window_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

TapLayout::TapLayout(const Layer& layer, int lines, Together of)
    : together(of),
      height((lines - 1) * layer.stride.height + layer.sweep().span().height),
      width(layer.input.width + layer.padding.columns()) {
  const int channels = layer.input.channels / layer.groups;
  by_rows = channels * groups_in(layer.kernel_height) < groups_in(channels) * layer.kernel_height;
  planes = by_rows ? channels : groups_in(channels);
}

void pack_pair_row(const PackedRow& row, bool has_sign) {
  has_sign ? kernels().pack_signed(row) : kernels().pack_unsigned(row);
}

void pack_taps(const Layer& layer, const TapLayout& layout, const LaneMap& map, int first_row,
               std::int16_t* packed) {
  const Kernels& all = kernels();
  const auto pack = layout.together == Together::kPairs
                        ? map.has_sign ? all.pack_signed : all.pack_unsigned
                    : map.has_sign ? all.pack_signed_quads
                                   : all.pack_unsigned_quads;
  const int together = static_cast<int>(layout.together);
  const int channels = layer.input.channels / layer.groups;
  PackedRow row;
  row.left = layer.padding.left;
  row.width = layer.input.width;
  row.right = layer.padding.right;
  row.packed = packed;
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
        for (int i = 0; i < together; ++i) {
          row.rows[i] = layout.by_rows ? source(plane, y + i * layer.dilation.height)
                                       : source(together * plane + i, y);
        }
        pack(row);
        row.packed += static_cast<std::ptrdiff_t>(layout.width) * kLanes * 2;
      }
    }
  }
}

void accumulate(const WindowRow& row) {
  const Kernels& all = kernels();
  const bool pairs = row.together == Together::kPairs;
  (pairs ? all.accumulate : all.accumulate_quads)[row.channels](row);
}

}  // namespace kirchhoff::quant
