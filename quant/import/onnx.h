#pragma once

#include <string>
#include <vector>

#include "base/indexed.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {

/// A network that came as a file, with what it has learnt.
struct ImportedNetwork {
  Graph graph;
  IndexedVector<NodeId, Parameters> parameters;  ///< of every operator, as it names them
  std::vector<std::string> notes;                ///< what was left out, a line each
  FileSteps steps;                               ///< of a quantised model's integers

  DescribedNetwork described() const { return {graph, parameters, notes, steps}; }
};

/// Reads an ONNX model: opset 7 to 17, one image of float32 with a batch of 1 or a symbolic one,
/// one output; docs/networks.md has the operators. InputError names the file, the node, its
/// operator, the attribute or input, what was found and what is accepted.
ImportedNetwork read_onnx(const std::string& path);
/// The same from the bytes of a file. `name` becomes the network's, `where` names the file in
/// errors.
ImportedNetwork parse_onnx(const std::string& bytes, const std::string& name,
                           const std::string& where);

/// The operators that are read, by name.
std::vector<std::string> onnx_operators();

/// describe_network() reads files *.onnx from now on (graph_readers.h).
void add_onnx_reader();

}  // namespace kirchhoff::quant
