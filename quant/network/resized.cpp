#include "quant/network/resized.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::quant {
namespace {

bool same_sides(const Shape& a, const Shape& b) {
  return a.height == b.height && a.width == b.width;
}

bool takes_whole_map(const Layer& layer) {
  return !layer.has_weights() && layer.kernel_height == layer.input.height &&
         layer.kernel_width == layer.input.width && layer.padding == Padding();
}

}  // namespace

Network resized(const Network& network, int height, int width) {
  Network result = network;
  result.image.height = height;
  result.image.width = width;
  for (const LayerId l : network.layers.ids()) {
    const Layer& before = network.layers[l];
    Layer& layer = result.layers[l];
    const auto refuse = [&](const char* what) {
      throw InputError(fmt::format(
          "network {}: layer {}: a map of {}x{} enters where images are {}x{}, one of {}x{} where "
          "they are {}x{}: {}",
          network.name, layer.name, before.input.height, before.input.width, network.image.height,
          network.image.width, layer.input.height, layer.input.width, height, width, what));
    };
    const Shape map = result.shape_of(layer.inputs.front());
    layer.input.height = map.height;
    layer.input.width = map.width;
    for (const TensorId input : layer.inputs) {
      if (!same_sides(result.shape_of(input), map)) refuse("the maps beside it are of other sizes");
    }
    if (takes_whole_map(before)) {
      layer.kernel_height = map.height;
      layer.kernel_width = map.width;
    }
    if (layer.kind == LayerKind::kFullyConnected && layer.input != before.input) {
      refuse("a fully connected layer takes the whole map");
    }
    const Extent span = layer.sweep().span();
    if (map.height + layer.padding.rows() < span.height ||
        map.width + layer.padding.columns() < span.width) {
      refuse("its window is larger");
    }
    const Shape convolved = layer.convolved();
    layer.pool = std::min({layer.pool, convolved.height, convolved.width});
    for (const TensorId operand : layer.residual) {
      if (!same_sides(result.shape_of(operand), convolved)) refuse("its second operand differs");
    }
  }
  return result;
}

}  // namespace kirchhoff::quant
