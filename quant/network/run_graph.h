#pragma once

#include <vector>

#include "quant/network/graph.h"

namespace kirchhoff::quant {

/// A network in real numbers, operator after operator, as each says what it computes
/// (Operator::compute()): slow and obviously right. Parameters are those of every node, in order.
/// InputError where they, or the image, have not the sizes that the graph says.
IndexedVector<ValueId, RealMap> run_graph_values(const Graph& graph,
                                                 const std::vector<Parameters>& parameters,
                                                 const RealMap& image);
/// The result only.
RealMap run_graph(const Graph& graph, const std::vector<Parameters>& parameters,
                  const RealMap& image);

}  // namespace kirchhoff::quant
