#include "quant/network/graph.h"

#include <fmt/format.h>

#include "base/error.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

std::vector<NodeId> Graph::readers(ValueId value) const {
  std::vector<NodeId> found;
  for (const NodeId n : nodes_.ids()) {
    for (const ValueId input : nodes_[n].inputs) {
      if (input == value) found.push_back(n);
    }
  }
  return found;
}

ValueId Graph::append(const std::string& node, std::shared_ptr<const Operator> op,
                      const std::string& where) {
  return append(node, std::move(op), {result()}, where);
}

ValueId Graph::append(const std::string& node, std::shared_ptr<const Operator> op,
                      const std::vector<ValueId>& inputs, const std::string& where) {
  const std::string here =
      where.empty() ? fmt::format("network {}: {} ({})", name_, node, op->kind()) : where;
  std::vector<Shape> shapes;
  for (const ValueId input : inputs) shapes.push_back(shapes_.at(input));
  const Shape made = op->output(shapes, here);
  check_map(here, "output", made);
  nodes_.push_back({node, std::move(op), inputs});
  shapes_.push_back(made);
  return result();
}

}  // namespace kirchhoff::quant
