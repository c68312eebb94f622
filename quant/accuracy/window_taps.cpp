#include "quant/accuracy/window_taps.h"

namespace kirchhoff::quant {
namespace {

std::vector<Taps> taps(int positions, int kernel, int stride, int dilation, int padding, int map) {
  std::vector<Taps> found;
  for (int at = 0; at < positions; ++at) {
    Taps taps;
    for (int k = 0; k < kernel; ++k) {
      const int place = at * stride + k * dilation - padding;
      if (place < 0 || place >= map) continue;
      if (taps.count++ > 0) continue;
      taps.first = k;
      taps.place = place;
    }
    found.push_back(taps);
  }
  return found;
}

}  // namespace

std::vector<Taps> taps_by_line(const Layer& layer) {
  return taps(layer.output().height * layer.pool, layer.kernel_height, layer.stride.height,
              layer.dilation.height, layer.padding.top, layer.input.height);
}

std::vector<Taps> taps_by_column(const Layer& layer) {
  return taps(layer.output().width * layer.pool, layer.kernel_width, layer.stride.width,
              layer.dilation.width, layer.padding.left, layer.input.width);
}

}  // namespace kirchhoff::quant
