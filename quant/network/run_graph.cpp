#include "quant/network/run_graph.h"

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::quant {
namespace {

void check_parameters(const Graph& graph, NodeId n, const Parameters& parameters) {
  const Node& node = graph.nodes()[n];
  std::vector<Shape> shapes;
  for (const ValueId input : node.inputs) shapes.push_back(graph.shape(input));
  const std::vector<ParameterSize> sizes = node.op->parameters(shapes);
  const auto fail = [&](const std::string& what) {
    throw InputError(
        fmt::format("network {}: {} ({}): {}", graph.name(), node.name, node.op->kind(), what));
  };
  if (parameters.size() != sizes.size())
    fail(fmt::format("{} parameters: must be {}", parameters.size(), sizes.size()));
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (parameters[i].size() != sizes[i].count) {
      fail(fmt::format("{}: {} numbers: must be {}", sizes[i].name, parameters[i].size(),
                       sizes[i].count));
    }
  }
}

}  // namespace

IndexedVector<ValueId, RealMap> run_graph_values(const Graph& graph,
                                                 const std::vector<Parameters>& parameters,
                                                 const RealMap& image) {
  if (image.shape != graph.image() ||
      image.values.size() != static_cast<std::size_t>(image.shape.size())) {
    throw InputError(fmt::format("network {}: image {} of {} values: must be {}", graph.name(),
                                 image.shape.to_string(), image.values.size(),
                                 graph.image().to_string()));
  }
  if (parameters.size() != static_cast<std::size_t>(graph.nodes().size())) {
    throw InputError(fmt::format("network {}: parameters of {} operators: must be of {}",
                                 graph.name(), parameters.size(), graph.nodes().size()));
  }
  IndexedVector<ValueId, RealMap> values = {image};
  values.reserve(graph.nodes().size() + 1);
  for (const NodeId n : graph.nodes().ids()) {
    const Parameters& learnt = parameters[static_cast<std::size_t>(index(n))];
    check_parameters(graph, n, learnt);
    std::vector<const RealMap*> inputs;
    for (const ValueId input : graph.nodes()[n].inputs) inputs.push_back(&values[input]);
    values.push_back(graph.nodes()[n].op->compute(inputs, learnt));
  }
  return values;
}

RealMap run_graph(const Graph& graph, const std::vector<Parameters>& parameters,
                  const RealMap& image) {
  return run_graph_values(graph, parameters, image).back();
}

}  // namespace kirchhoff::quant
