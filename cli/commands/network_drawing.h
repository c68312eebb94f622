#pragma once

#include <string>

#include "quant/network/graph.h"

namespace kirchhoff::cli {

/// A network's operators and the maps between them in Graphviz's language.
std::string network_drawing(const quant::Graph& graph);

/// The same drawn, as SVG, by Graphviz's program `dot`. RunError when it is not installed or fails.
std::string network_svg(const quant::Graph& graph);

}  // namespace kirchhoff::cli
