#pragma once

#include <string>

#include "quant/network/graph.h"

namespace kirchhoff::quant {

/// A kind of file that holds a network, known by how its name ends: ".onnx".
struct GraphReader {
  std::string suffix;
  Graph (*read)(const std::string& path);
};

/// From now on find_graph() reads files of such a name this way. For the start of a program, before
/// there is a second thread.
void add_graph_reader(const GraphReader& reader);

}  // namespace kirchhoff::quant
