#include "quant/accuracy/depthwise_convolution.h"

#include <algorithm>

#include "base/kernels.h"
#include "quant/accuracy/window_kernel.h"

namespace kirchhoff::quant {
namespace {

/// Most row pairs under a window.
constexpr int kMostPairs = 4;

/// A line of windows of one channel.
struct DepthwiseLine {
  const std::int16_t* rows[kMostPairs] = {};  ///< of pairs, from the first window's column on
  const std::int32_t* weights = nullptr;      ///< (row pair, column): two 16-bit weights
  int pairs = 0, width = 0;                   ///< of the kernel
  std::ptrdiff_t tap_step = 0;                ///< 16-bit numbers from column to column
  std::ptrdiff_t step = 0;                    ///< from window to window
  int windows = 0;
  std::int32_t* sums = nullptr;  ///< (window, lane)
};

struct Kernels {
  void (*add_3x3)(const DepthwiseLine& line);
  void (*add_5x5)(const DepthwiseLine& line);
  void (*add_any)(const DepthwiseLine& line);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/depthwise_kernels.inc"
#include "base/each_processor.inc"

}  // namespace

bool DepthwiseConvolution::takes(const Layer& layer) {
  // More outputs of a channel are better accumulated together, like those of a grey image.
  return layer.has_weights() && layer.groups == layer.input.channels &&
         layer.out_channels / layer.groups <= 2 && layer.dilation.height == 1 &&
         (layer.kernel_height + 2) / 2 <= kMostPairs;
}

DepthwiseConvolution::DepthwiseConvolution(const Layer& layer, const Eigen::MatrixXi& weights)
    : layer_(layer),
      output_(layer.output()),
      ring_(((layer.pool - 1) * layer.stride.height + layer.kernel_height + 2) / 2) {
  for (int odd = 0; odd < 2; ++odd) {
    const auto weight = [&](int ky, int kx, int out) {
      const bool exists = ky >= 0 && ky < layer.kernel_height;
      return static_cast<std::uint32_t>(
          static_cast<std::uint16_t>(exists ? weights(ky * layer.kernel_width + kx, out) : 0));
    };
    std::vector<std::int32_t>& packed = weights_[static_cast<std::size_t>(odd)];
    for (int out = 0; out < layer.out_channels; ++out) {
      for (int pair = 0; pair < pairs_under(odd); ++pair) {
        for (int kx = 0; kx < layer.kernel_width; ++kx) {
          const int ky = 2 * pair - odd;
          packed.push_back(
              static_cast<std::int32_t>(weight(ky, kx, out) | weight(ky + 1, kx, out) << 16));
        }
      }
    }
  }
}

void DepthwiseConvolution::compute(const Requantisation& requantisation, const StageMaps& maps,
                                   StageScratch& scratch) const {
  const int width = layer_.input.width + layer_.padding.columns();
  const std::ptrdiff_t pair_size = static_cast<std::ptrdiff_t>(width) * kLanes * 2;
  std::int16_t* ring = room_for(static_cast<std::size_t>(ring_ * pair_size), scratch.pairs);
  SumRows rows;
  rows.window_step = kLanes;
  rows.line_step = static_cast<std::ptrdiff_t>(output_.width) * layer_.pool * kLanes;
  rows.outputs = output_.width;
  std::int32_t* sums =
      room_for(static_cast<std::size_t>(layer_.pool * rows.line_step), scratch.sums);
  rows.sums = sums;
  const int outs = layer_.out_channels / layer_.groups;  // of a channel
  const auto pack = [&](int channel, int pair) {
    const auto row = [&](int padded) -> const std::uint8_t* {
      const int y = padded - layer_.padding.top;
      if (y < 0 || y >= layer_.input.height) return nullptr;
      return maps.input.planes[channel] +
             static_cast<std::ptrdiff_t>(y) * layer_.input.width * kLanes;
    };
    pack_pair_row({{row(2 * pair), row(2 * pair + 1)},
                   layer_.padding.left,
                   layer_.input.width,
                   layer_.padding.right,
                   ring + pair % ring_ * pair_size},
                  maps.input.has_sign);
  };
  for (int channel = 0; channel < layer_.input.channels; ++channel) {
    int packed = 0;  // row pairs so far
    for (rows.y = 0; rows.y < output_.height; ++rows.y) {
      const int line = rows.y * layer_.pool;
      const int first = line * layer_.stride.height;
      const int last = first + (layer_.pool - 1) * layer_.stride.height + layer_.kernel_height - 1;
      for (packed = std::max(packed, first / 2); packed <= last / 2; ++packed)
        pack(channel, packed);
      for (int m = 0; m < outs; ++m) {
        rows.channel = channel * outs + m;
        for (int py = 0; py < layer_.pool; ++py)
          add_line(line + py, rows.channel, ring, pair_size, sums + py * rows.line_step);
        requantisation.finish(rows, maps);
      }
    }
  }
}

void DepthwiseConvolution::add_line(int at, int out, const std::int16_t* ring,
                                    std::ptrdiff_t pair_size, std::int32_t* sums) const {
  const int first = at * layer_.stride.height, odd = first % 2;
  DepthwiseLine line;
  line.pairs = pairs_under(odd);
  line.width = layer_.kernel_width;
  for (int p = 0; p < line.pairs; ++p) line.rows[p] = ring + (first / 2 + p) % ring_ * pair_size;
  line.weights = weights_[static_cast<std::size_t>(odd)].data() +
                 static_cast<std::ptrdiff_t>(out) * line.pairs * line.width;
  line.tap_step = static_cast<std::ptrdiff_t>(layer_.dilation.width) * kLanes * 2;
  line.step = static_cast<std::ptrdiff_t>(layer_.stride.width) * kLanes * 2;
  line.windows = output_.width * layer_.pool;
  line.sums = sums;
  const auto add = line.width == 3 && line.pairs == 2   ? kernels().add_3x3
                   : line.width == 5 && line.pairs == 3 ? kernels().add_5x5
                                                        : kernels().add_any;
  add(line);
}

}  // namespace kirchhoff::quant
