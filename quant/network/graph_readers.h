#pragma once

#include <string>

#include "quant/network/networks.h"

namespace kirchhoff::quant {

/// A kind of file that holds a network, known by how its name ends: ".onnx".
struct GraphReader {
  std::string suffix;
  DescribedNetwork (*read)(const std::string& path);
};

/// From now on describe_network() reads files of such a name this way. For the start of a program,
/// before there is a second thread.
void add_graph_reader(const GraphReader& reader);

}  // namespace kirchhoff::quant
