#include "quant/network/ops/windows.h"

namespace kirchhoff::quant {

Layer pool_layer(LayerKind kind, const Shape& input, const Sweep& sweep, bool ceil_mode) {
  Layer layer;
  layer.kind = kind;
  layer.input = input;
  layer.out_channels = input.channels;
  set_windows(sweep, layer);
  layer.ceil_mode = ceil_mode;
  layer.function = Function::none();
  return layer;
}

void set_windows(const Sweep& sweep, Layer& layer) {
  layer.kernel_height = sweep.kernel.height;
  layer.kernel_width = sweep.kernel.width;
  layer.stride = sweep.stride;
  layer.dilation = sweep.dilation;
  layer.padding = sweep.padding;
}

}  // namespace kirchhoff::quant
