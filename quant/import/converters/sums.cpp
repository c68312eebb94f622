#include <fmt/format.h>

#include "quant/import/converters.h"
#include "quant/network/ops/add.h"
#include "quant/network/ops/batch_norm.h"
#include "quant/network/ops/concat.h"

namespace kirchhoff::quant {
namespace {

/// One number per channel of the map; a constant that differs along another axis is refused.
std::vector<float> per_channel(const OnnxNode& node, const GraphImport& network, std::size_t i,
                               const ImportedMap& map) {
  const auto found = network.constant(node, i);
  const auto channels = static_cast<std::size_t>(map.dims[1]);
  Dims sides = found->dims;
  while (sides.size() < map.dims.size()) sides.insert(sides.begin(), 1);
  bool fits = sides.size() == map.dims.size() && !found->is_integer;
  for (std::size_t axis = 0; fits && axis < sides.size(); ++axis)
    fits = sides[axis] == 1 || (axis == 1 && sides[axis] == map.dims[1]);
  if (!fits) {
    node.refuse_input(i, to_string(found->dims),
                      fmt::format("one number per channel of a map {}", to_string(map.dims)));
  }
  if (found->size() == channels) return found->numbers;
  return std::vector<float>(channels, found->numbers.at(0));
}

void add_constant(const OnnxNode& node, GraphImport& network, std::size_t map_input) {
  const ImportedMap map = network.map(node, map_input);
  const std::vector<float> shift = per_channel(node, network, 1 - map_input, map);
  if (network.add_to_bias(map, shift)) return network.define(node, map);
  // Nothing before it has a bias: a normalisation that only shifts. The variance and what is added
  // to it are 1 together, without rounding.
  constexpr double kEpsilon = 1.0 / (1 << 20);
  const std::size_t channels = shift.size();
  network.append(node, batch_norm(kEpsilon), {map.value},
                 {std::vector<float>(channels, 1), shift, std::vector<float>(channels, 0),
                  std::vector<float>(channels, static_cast<float>(1 - kEpsilon))},
                 map.dims.size());
}

void convert_add(const OnnxNode& node, GraphImport& network) {
  if (network.is_constant(node, 0)) return add_constant(node, network, 1);
  if (network.is_constant(node, 1)) return add_constant(node, network, 0);
  const ImportedMap& a = network.map(node, 0);
  const ImportedMap& b = network.map(node, 1);
  if (a.dims != b.dims) node.refuse_input(1, to_string(b.dims), to_string(a.dims) + " as input 0");
  network.append(node, add(), {a.value, b.value}, {}, a.dims.size());
}

void convert_batch_norm(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.map(node, 0);
  node.integer("training_mode", 0, 0, 0);
  node.integer("spatial", 1, 1, 1);
  node.ignore("momentum");
  const double epsilon = node.number("epsilon", double{1e-5F});
  if (epsilon <= 0 || epsilon > 1)
    node.refuse_attribute("epsilon", fmt::format("{}", epsilon), "in (0, 1]");
  Parameters parameters;
  for (std::size_t i = 1; i <= 4; ++i)
    parameters.push_back(network.numbers(node, i, static_cast<std::size_t>(map.dims[1])));
  for (const float variance : parameters.back()) {
    if (variance < 0) node.refuse_input(4, fmt::format("{}", variance), "at least 0");
  }
  network.append(node, batch_norm(epsilon), {map.value}, std::move(parameters), map.dims.size());
}

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

std::vector<OnnxConverter> sum_converters() {
  return {
      {"Add", convert_add}, {"BatchNormalization", convert_batch_norm}, {"Concat", convert_concat}};
}

}  // namespace kirchhoff::quant
