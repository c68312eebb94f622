#pragma once

#include <cmath>
#include <cstdint>
#include <random>

#include "base/random.h"
#include "quant/network/graph.h"

namespace kirchhoff {

/// Parameters that keep a graph's values near one: He's uniform weights, small biases, batch norms
/// of positive variance.
inline IndexedVector<quant::NodeId, quant::Parameters> random_parameters(const quant::Graph& graph,
                                                                         std::uint64_t seed) {
  std::mt19937_64 engine(seed);
  IndexedVector<quant::NodeId, quant::Parameters> all;
  for (const quant::NodeId n : graph.nodes().ids()) {
    const quant::Node& node = graph.nodes()[n];
    std::vector<quant::Shape> shapes;
    for (const quant::ValueId input : node.inputs) shapes.push_back(graph.shape(input));
    const auto sizes = node.op->parameters(shapes);
    quant::Parameters& parameters = all.emplace_back();
    const auto outputs = static_cast<double>(graph.shape(quant::value_of(n)).channels);
    for (const quant::ParameterSize& size : sizes) {
      double low = -0.1, high = 0.1;
      if (size.name == "weights") {
        high = std::sqrt(6.0 * outputs / static_cast<double>(size.count));
        low = -high;
      } else if (size.name == "scale" || size.name == "variance") {
        low = 0.5;
        high = 1.5;
      }
      std::vector<float>& values = parameters.emplace_back();
      for (std::size_t i = 0; i < size.count; ++i)
        values.push_back(static_cast<float>(low + (high - low) * uniform_unit(engine)));
    }
  }
  return all;
}

}  // namespace kirchhoff
