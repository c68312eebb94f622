#pragma once

#include "quant/network/layer.h"
#include "quant/network/ops/operator.h"

namespace kirchhoff::quant {

/// What the pooling operators share: a layer without weights that goes over windows.
Layer pool_layer(LayerKind kind, const Shape& input, const Sweep& sweep, bool ceil_mode);
/// Gives a layer the windows of a sweep.
void set_windows(const Sweep& sweep, Layer& layer);

/// Every channel's values under every window, in order: visit(value of the output, its window), the
/// window's values without padding.
template <typename Visit>
void visit_windows(const Layer& layer, const RealMap& in, const Visit& visit) {
  const Shape out = layer.convolved();
  std::vector<float> window;
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        window.clear();
        for (int ky = 0; ky < layer.kernel_height; ++ky) {
          for (int kx = 0; kx < layer.kernel_width; ++kx) {
            const int iy = y * layer.stride.height - layer.padding.top + ky * layer.dilation.height;
            const int ix = x * layer.stride.width - layer.padding.left + kx * layer.dilation.width;
            if (iy < 0 || iy >= in.shape.height || ix < 0 || ix >= in.shape.width) continue;
            window.push_back(in.values[static_cast<std::size_t>(
                (c * in.shape.height + iy) * in.shape.width + ix)]);
          }
        }
        visit(y, x, window);
      }
    }
  }
}

}  // namespace kirchhoff::quant
