#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "quant/network/lower.h"
#include "quant/network/ops/batch_norm.h"
#include "quant/network/policy.h"
#include "quant/network/tensors.h"
#include "quant/network/zoo/builder.h"

namespace kirchhoff {

/// Random small graphs for property tests: forks, residual sums in each other, maps joined and
/// joined again, groups, depthwise convolutions, uneven padding, dilation, strides beyond the
/// kernel, pooling that overlaps, averages at the edges, tables, signs, maps of one pixel.
class RandomGraphs {
 public:
  explicit RandomGraphs(std::uint64_t seed) : engine_(seed) {}

  int between(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }
  int pick(std::initializer_list<int> values) {
    return *(values.begin() + between(0, static_cast<int>(values.size()) - 1));
  }
  bool chance(int percent) { return between(0, 99) < percent; }

  /// Of as many segments, each a convolution, a residual sum, a join or a pooling.
  quant::Graph graph(int segments) {
    number_ = 0;
    quant::Builder b("random", {between(1, 4), between(4, 8), between(4, 8)});
    b.convolution("first", between(2, 6), pick({1, 3}));
    function(b);
    for (int i = 0; i < segments; ++i) segment(b, 2);
    if (chance(30)) b.global_average(name("gap"));
    if (chance(85)) b.linear("last", between(2, 7));
    return b.take();
  }

  quant::Graph graph() { return graph(between(2, 4)); }

  quant::Policy policy(const quant::Network& network, int widest = 8) {
    quant::Policy policy;
    policy.layers.resize(network.layers.size());
    const quant::Tensors tensors(network);
    for (const quant::LayerId l : network.weight_layers())
      policy.layers[l] = {between(2, widest), between(2, widest)};
    for (const quant::LayerId l : network.weight_layers()) {
      const quant::LayerId first = *tensors.width_from(network.layers[l].inputs.front());
      policy.layers[l].activation = policy.layers[first].activation;
    }
    quant::fill_widths(network, policy);
    return policy;
  }

 private:
  std::string name(const char* what) { return fmt::format("{}{}", what, ++number_); }

  void function(quant::Builder& b) {
    switch (between(0, 9)) {
      case 0:
      case 1:
        break;  // a sign goes on
      case 2:
        b.function("swish", quant::Function::of(quant::Function::Kind::kHardSwish));
        break;
      case 3:
        b.function("leaky", quant::Function::leaky_relu(0.1));
        break;
      case 4:
        b.relu6();
        break;
      default:
        b.relu();
    }
  }

  /// A convolution that leaves the map no smaller than one pixel.
  void convolution(quant::Builder& b, bool same) {
    const quant::Shape in = b.shape();
    quant::ConvolutionAttributes a;
    a.out_channels = between(1, 9);
    const int kernel = pick({1, 1, 3, 3, 2, 5});
    if (same) {
      a.sweep = {kernel, 1, 1, {(kernel - 1) / 2, (kernel - 1) / 2, kernel / 2, kernel / 2}};
      a.out_channels = in.channels;
    } else {
      a.sweep.kernel = {kernel, pick({kernel, 1, 3})};
      a.sweep.stride = {pick({1, 1, 2, 3}), pick({1, 1, 2})};
      a.sweep.dilation = {pick({1, 1, 2}), pick({1, 1, 2})};
      const quant::Extent span = a.sweep.span();
      const auto side = [this](int most) { return between(0, most < 3 ? most : 2); };
      a.sweep.padding = {side(span.height - 1), side(span.width - 1), side(span.height - 1),
                         side(span.width - 1)};
      const quant::Extent out = a.sweep.positions(in.height, in.width);
      if (out.height < 1 || out.width < 1) a.sweep = {1, 1, 1, 0};
    }
    if (chance(35)) {
      a.groups = chance(50) ? in.channels : 1;
      for (int g = 2; g < in.channels && a.groups == 1; ++g)
        if (in.channels % g == 0) a.groups = g;
      if (!same) a.out_channels = a.groups * between(1, 2);
    }
    b.node(name("conv"), quant::convolution(a));
    if (chance(25)) b.node(name("bn"), quant::batch_norm());
  }

  void pooling(quant::Builder& b) {
    const quant::Shape in = b.shape();
    const int side = in.height < in.width ? in.height : in.width;
    if (side < 2) return;
    quant::Sweep sweep{pick({2, 2, 3}), pick({1, 2, 2, 3}), 1, 0};
    if (sweep.kernel.height > side) sweep.kernel = 2;
    if (chance(40)) sweep.padding = {between(0, 1), between(0, 1), between(0, 1), between(0, 1)};
    const bool up = chance(30);
    if (chance(50)) {
      b.node(name("max"), quant::max_pool(sweep, up));
    } else {
      b.node(name("mean"), quant::average_pool({false, sweep, up, chance(50)}));
    }
    if (chance(30)) function(b);
  }

  /// Keeps the shape.
  void same(quant::Builder& b, int depth) {
    for (int i = between(1, 2); i > 0; --i) {
      if (depth > 0 && chance(30)) {
        residual(b, depth - 1);
      } else {
        convolution(b, true);
        function(b);
      }
    }
  }

  void residual(quant::Builder& b, int depth) {
    const quant::ValueId entered = b.last();
    same(b, depth);
    if (chance(20)) {
      const quant::ValueId main = b.last();
      b.from(entered);
      convolution(b, true);
      b.add(name("sum"), main);
    } else {
      b.add(name("sum"), entered);
    }
    function(b);
  }

  void joined(quant::Builder& b, int depth) {
    const quant::ValueId entered = b.last();
    std::vector<quant::ValueId> parts;
    if (chance(40)) parts.push_back(entered);
    for (int i = between(1, 2); i > 0; --i) {
      b.from(entered);
      convolution(b, true);
      function(b);
      if (depth > 0 && chance(40)) joined(b, depth - 1);
      parts.push_back(b.last());
    }
    b.concat(name("join"), parts);
  }

  void segment(quant::Builder& b, int depth) {
    // Joins widen a map, and what widens it again and again takes long.
    if (b.shape().channels > 24) return convolution(b, false);
    switch (between(0, 4)) {
      case 0:
        residual(b, depth);
        break;
      case 1:
        joined(b, depth);
        break;
      case 2:
        pooling(b);
        break;
      default:
        convolution(b, false);
        function(b);
    }
  }

  std::mt19937_64 engine_;
  int number_ = 0;
};

}  // namespace kirchhoff
