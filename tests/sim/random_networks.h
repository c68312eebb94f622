#pragma once

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include <fmt/core.h>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff {

/// Random small networks of odd shapes for property tests: kernels 1 and 5 (and 3), strides 1 and
/// 2, padding 0..2, channel counts around multiples of the crossbar, pooling, a fully connected
/// end.
class RandomNetworks {
 public:
  explicit RandomNetworks(std::uint64_t seed) : engine_(seed) {}

  int pick(std::initializer_list<int> values) {
    return *(values.begin() + static_cast<std::ptrdiff_t>(engine_() % values.size()));
  }
  int between(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }

  /// `crossbar` is the array size: channels straddle its multiples.
  quant::Network network(int crossbar) {
    quant::Network network;
    network.name = "random";
    network.image = {pick({1, 3, crossbar / 4 + 1}), between(5, 9), between(5, 9)};
    quant::Shape shape = network.image;
    const int convolutions = between(1, 2);
    for (int i = 0; i < convolutions; ++i) {
      quant::Layer layer;
      layer.name = fmt::format("CONV{}", i + 1);
      layer.inputs = {quant::TensorId{i}};
      layer.input = shape;
      layer.out_channels = pick({1, 5, crossbar - 1, crossbar, crossbar + 1, 2 * crossbar + 3});
      const int kernel = pick({1, 3, 5});
      layer.padding = std::min(between(0, 2), kernel - 1);
      if (shape.height + layer.padding.rows() < kernel ||
          shape.width + layer.padding.rows() < kernel) {
        layer.padding = (kernel + 1 - std::min(shape.height, shape.width)) / 2;
      }
      layer.kernel_height = layer.kernel_width = kernel;
      layer.stride = pick({1, 1, 2});
      const quant::Shape convolved = layer.convolved();
      layer.pool = convolved.height >= 2 && convolved.width >= 2 ? pick({1, 2}) : 1;
      shape = layer.output();
      network.layers.push_back(layer);
    }
    quant::Layer last;
    last.name = "FC";
    last.kind = quant::LayerKind::kFullyConnected;
    last.inputs = {quant::TensorId{convolutions}};
    last.input = shape;
    last.out_channels = pick({2, 10, crossbar + 1});
    last.kernel_height = shape.height;
    last.kernel_width = shape.width;
    last.function = quant::Function::none();
    network.layers.push_back(last);
    network.validate();
    return network;
  }

  quant::Policy policy(const quant::Network& network, int widest = 8) {
    quant::Policy policy;
    for (int l = 0; l < network.layers.size(); ++l)
      policy.layers.push_back({between(2, widest), between(2, widest)});
    return policy;
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace kirchhoff
