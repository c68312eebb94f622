#pragma once

#include <optional>
#include <string>
#include <vector>

#include "quant/network/file_steps.h"
#include "quant/network/graph.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// A network that comes with the program.
struct ShippedNetwork {
  std::string name;
  std::string summary;  ///< one line
  Graph (*make)();
};

/// All of them, in the order of `kirchhoff list networks`. The files of zoo/ make themselves known:
/// FILE.cpp holds a function `std::vector<ShippedNetwork> FILE_networks()`.
const std::vector<ShippedNetwork>& shipped_networks();
std::vector<std::string> network_names();

/// A network as a name or a file says it.
struct DescribedNetwork {
  Graph graph;
  /// What every operator has learnt, where the file holds it.
  std::optional<IndexedVector<NodeId, Parameters>> parameters;
  std::vector<std::string> notes;  ///< what was left out of the file, a line each
  FileSteps steps = {};            ///< of a quantised network's integers
};

/// A shipped network, or the path of a JSON description or of a file that graph_readers.h knows;
/// InputError otherwise.
DescribedNetwork describe_network(const std::string& name_or_path);
/// Its operators.
Graph find_graph(const std::string& name_or_path);
/// Its stages.
Network find_network(const std::string& name_or_path);
/// Parses a JSON description; `where` names it in errors. The format is in docs/networks.md.
Graph parse_graph(const std::string& json, const std::string& where);
Network parse_network(const std::string& json, const std::string& where);
/// The description that parse_graph() makes the same graph of.
std::string graph_json(const Graph& graph);

/// LeNet-5 with dense C3, ReLU and max-pooling, on 1x32x32 (numbers of LeCun et al. 1998).
Network lenet5();
/// The paper's VGG-13 (8 weight layers), on 3x32x32.
Network vgg13();

}  // namespace kirchhoff::quant
