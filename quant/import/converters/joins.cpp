#include <fmt/format.h>

#include "quant/import/converters.h"
#include "quant/network/ops/concat.h"

namespace kirchhoff::quant {
namespace {

void concat_constants(const OnnxNode& node, GraphImport& network) {
  const auto first = network.constant(node, 0);
  Constant joined;
  joined.is_integer = first->is_integer;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    const auto part = network.constant(node, i);
    if (part->dims.size() != 1 || part->is_integer != joined.is_integer)
      node.refuse_input(i, to_string(part->dims), "a list as input 0");
    joined.numbers.insert(joined.numbers.end(), part->numbers.begin(), part->numbers.end());
    joined.integers.insert(joined.integers.end(), part->integers.begin(), part->integers.end());
  }
  node.integer("axis", 0, -1, 0);
  joined.dims = {static_cast<std::int64_t>(joined.size())};
  network.define(node, std::make_shared<const Constant>(std::move(joined)));
}

void convert_concat(const OnnxNode& node, GraphImport& network) {
  if (network.is_constant(node, 0)) return concat_constants(node, network);
  const std::size_t rank = network.map(node, 0).dims.size();
  std::vector<ValueId> parts;
  for (std::size_t i = 0; i < node.inputs(); ++i) {
    const ImportedMap& part = network.map(node, i);
    if (part.dims.size() != rank)
      node.refuse_input(i, to_string(part.dims), fmt::format("of {} sides as input 0", rank));
    parts.push_back(part.value);
  }
  const std::int64_t axis = node.integer("axis", 1, -4, 3);
  if (front_axis(axis, rank) != 1)
    node.refuse_attribute("axis", std::to_string(axis), "1, that of the channels");
  network.append(node, concat(), parts, {}, rank);
}

}  // namespace

std::vector<OnnxConverter> join_converters() { return {{"Concat", convert_concat}}; }

}  // namespace kirchhoff::quant
