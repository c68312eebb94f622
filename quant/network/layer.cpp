#include "quant/network/layer.h"

namespace kirchhoff::quant {

const char* name_of(LayerKind kind) {
  switch (kind) {
    case LayerKind::kConvolution:
      return "convolution";
    case LayerKind::kFullyConnected:
      return "fully_connected";
    case LayerKind::kSum:
      return "sum";
    case LayerKind::kMaximum:
      return "maximum";
  }
  return "";
}

Shape Layer::convolved() const {
  const Extent positions = sweep().positions(input.height, input.width, ceil_mode);
  return {out_channels, positions.height, positions.width};
}

Shape Layer::output() const {
  const Shape map = convolved();
  return {map.channels, map.height / pool, map.width / pool};
}

}  // namespace kirchhoff::quant
