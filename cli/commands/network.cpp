#include <algorithm>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <fmt/format.h>

#include "base/atomic_file.h"
#include "cli/commands/command.h"
#include "cli/commands/network_drawing.h"
#include "cli/options/options.h"
#include "cli/options/workload_options.h"
#include "quant/network/lower.h"
#include "quant/network/networks.h"
#include "quant/network/tensors.h"

namespace kirchhoff::cli {
namespace {

std::string name_of_map(const quant::Network& network, quant::TensorId map) {
  return map == quant::kImage ? "image" : network.layers[quant::producer_of(map)].name;
}

/// `names(item)` of every item, with commas.
template <typename Items, typename Name>
std::string list(const Items& items, const Name& name) {
  std::string text;
  for (const auto& item : items) text += (text.empty() ? "" : ", ") + name(item);
  return text;
}

std::string operator_table(const quant::Graph& graph) {
  std::size_t width = 8;
  for (const quant::Node& node : graph.nodes()) width = std::max(width, node.name.size());
  std::string out = fmt::format("{:<{}}  {:<13} {:>14}  of\n", "operator", width, "kind", "makes");
  for (const quant::NodeId n : graph.nodes().ids()) {
    const quant::Node& node = graph.nodes()[n];
    out +=
        fmt::format("{:<{}}  {:<13} {:>14}  {}\n", node.name, width, node.op->kind(),
                    graph.shape(quant::value_of(n)).to_string(),
                    list(node.inputs, [&](quant::ValueId value) { return graph.name_of(value); }));
  }
  return out;
}

std::string stage_table(const quant::Network& network) {
  const quant::Tensors tensors(network);
  std::size_t width = 8;
  for (const quant::Layer& layer : network.layers) width = std::max(width, layer.name.size());
  std::string out = fmt::format("{:<{}}  {:<15} {:>9} {:>6} {:>14} {:>12}  reads\n", "stage", width,
                                "kind", "weights", "groups", "makes", "MACs");
  const auto maps = [&](const std::vector<quant::TensorId>& all) {
    return list(all, [&](quant::TensorId map) { return name_of_map(network, map); });
  };
  for (const quant::LayerId l : network.layers.ids()) {
    const quant::Layer& layer = network.layers[l];
    std::string reads = maps(layer.inputs);
    if (!layer.residual.empty()) reads += " + " + maps(layer.residual);
    std::string then;
    if (!layer.function.is_none()) then += ", " + layer.function.to_string();
    if (layer.pool > 1) then += fmt::format(", pooled by {}", layer.pool);
    if (!network.is_output(l) && tensors.is_signed(quant::output_of(l))) then += ", with a sign";
    out += fmt::format("{:<{}}  {:<15} {:>9} {:>6} {:>14} {:>12}  {}{}\n", layer.name, width,
                       name_of(layer.kind), layer.weights(), layer.groups,
                       layer.output().to_string(), layer.macs(), reads, then);
  }
  long long weights = 0, macs = 0;
  for (const quant::Layer& layer : network.layers) {
    weights += layer.weights();
    macs += layer.macs();
  }
  return out + fmt::format("{:<{}}  {:<15} {:>9} {:>6} {:>14} {:>12}\n", "sum", width, "", weights,
                           "", "", macs);
}

}  // namespace

int network_command(const std::vector<std::string>& arguments) {
  std::string name = "lenet5", json, dot, svg;
  Options options("network",
                  "Shows a network: its operators, and the stages that the chip makes of them.");
  options.example("kirchhoff network --network resnet8");
  declare_network(options, name);
  options.json_output(json, "the description, as --network reads it");
  options.output("svg", svg, "a drawing, made by Graphviz's dot, which must be installed");
  options.output("dot", dot, "the drawing in Graphviz's language");
  if (!options.parse(arguments)) return 0;

  const quant::Graph graph = quant::find_graph(name);
  const quant::Network network = quant::lower(graph).network;
  if (!json.empty()) write_file_atomically(json, quant::graph_json(graph));
  if (!dot.empty()) write_file_atomically(dot, network_drawing(graph));
  if (!svg.empty()) write_file_atomically(svg, network_svg(graph));
  if (json == "-" || dot == "-" || svg == "-") return 0;
  fmt::print("{}: images of {}\n\n{}\n{}", graph.name(), graph.image().to_string(),
             operator_table(graph), stage_table(network));
  return 0;
}

}  // namespace kirchhoff::cli
