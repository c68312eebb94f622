#include <cmath>

#include <fmt/format.h>

#include "quant/import/converters.h"
#include "quant/network/ops/add.h"
#include "quant/network/ops/affine.h"
#include "quant/network/ops/batch_norm.h"

namespace kirchhoff::quant {
namespace {

/// One number for the map or one per channel; a constant that differs along another axis is
/// refused.
std::vector<float> operand(const OnnxNode& node, const GraphImport& network, std::size_t i,
                           const ImportedMap& map) {
  const auto found = network.constant(node, i);
  Dims sides = found->dims;
  while (sides.size() < map.dims.size()) sides.insert(sides.begin(), 1);
  bool fits = sides.size() == map.dims.size() && !found->is_integer && found->size() != 0;
  for (std::size_t axis = 0; fits && axis < sides.size(); ++axis)
    fits = sides[axis] == 1 || (axis == 1 && sides[axis] == map.dims[1]);
  if (!fits) {
    node.refuse_input(
        i, to_string(found->dims),
        fmt::format("one number, or one per channel of a map {}", to_string(map.dims)));
  }
  return found->numbers;
}

std::vector<float> per_channel(const std::vector<float>& numbers, const ImportedMap& map) {
  if (numbers.size() != 1) return numbers;
  return std::vector<float>(static_cast<std::size_t>(map.dims[1]), numbers[0]);
}

/// factor x + shift
void scale(const OnnxNode& node, GraphImport& network, const ImportedMap& map,
           const std::vector<float>& factor, const std::vector<float>& shift) {
  if (factor.size() == 1 && shift.size() == 1)
    return network.append(node, affine(), {map.value}, {factor, shift}, map.dims.size());
  // A normalisation whose variance and what is added to it are 1 together, without rounding.
  constexpr double kEpsilon = 1.0 / (1 << 20);
  const std::vector<float> shifts = per_channel(shift, map);
  const std::size_t channels = shifts.size();
  network.append(node, batch_norm(kEpsilon), {map.value},
                 {per_channel(factor, map), shifts, std::vector<float>(channels, 0),
                  std::vector<float>(channels, static_cast<float>(1 - kEpsilon))},
                 map.dims.size());
}

void shift(const OnnxNode& node, GraphImport& network, const ImportedMap& map,
           const std::vector<float>& numbers) {
  if (network.add_to_bias(map, per_channel(numbers, map))) return network.define(node, map);
  scale(node, network, map, {1}, numbers);
}

std::vector<float> negated(std::vector<float> numbers) {
  for (float& number : numbers) number = -number;
  return numbers;
}

/// Of two constants, one number of which may go with all of the other's.
template <typename Function>
bool between_constants(const OnnxNode& node, GraphImport& network, const Function& function) {
  if (!network.is_constant(node, 0) || !network.is_constant(node, 1)) return false;
  const auto a = network.constant(node, 0), b = network.constant(node, 1);
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (network.constant(node, i)->is_integer) node.refuse_input(i, "integers", "real numbers");
  }
  const bool one = (a->size() == 1 && a->dims.size() <= b->dims.size());
  if (a->dims != b->dims && !one && !(b->size() == 1 && b->dims.size() <= a->dims.size()))
    node.refuse_input(1, to_string(b->dims), to_string(a->dims) + " as input 0, or one number");
  Constant made;
  made.dims = one ? b->dims : a->dims;
  const std::size_t count = std::max(a->size(), b->size());
  for (std::size_t i = 0; i < count; ++i) {
    const float value =
        function(a->numbers[a->size() == 1 ? 0 : i], b->numbers[b->size() == 1 ? 0 : i]);
    if (!std::isfinite(value)) node.refuse_input(0, "a result beyond float32", "smaller");
    made.numbers.push_back(value);
  }
  network.define(node, std::make_shared<const Constant>(std::move(made)));
  return true;
}

void convert_add(const OnnxNode& node, GraphImport& network) {
  if (between_constants(node, network, [](float a, float b) { return a + b; })) return;
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}}) {
    if (!network.is_constant(node, i)) continue;
    const ImportedMap map = network.map(node, 1 - i);
    return shift(node, network, map, operand(node, network, i, map));
  }
  const ImportedMap& a = network.map(node, 0);
  const ImportedMap& b = network.map(node, 1);
  if (a.dims != b.dims) node.refuse_input(1, to_string(b.dims), to_string(a.dims) + " as input 0");
  network.append(node, add(), {a.value, b.value}, {}, a.dims.size());
}

void convert_sub(const OnnxNode& node, GraphImport& network) {
  if (between_constants(node, network, [](float a, float b) { return a - b; })) return;
  if (network.is_constant(node, 0)) {
    const ImportedMap map = network.map(node, 1);
    return scale(node, network, map, {-1}, operand(node, network, 0, map));
  }
  const ImportedMap map = network.map(node, 0);
  shift(node, network, map, negated(operand(node, network, 1, map)));
}

void convert_mul(const OnnxNode& node, GraphImport& network) {
  if (between_constants(node, network, [](float a, float b) { return a * b; })) return;
  const std::size_t i = network.is_constant(node, 0) ? 0 : 1;
  const ImportedMap map = network.map(node, 1 - i);
  scale(node, network, map, operand(node, network, i, map), {0});
}

void convert_div(const OnnxNode& node, GraphImport& network) {
  if (between_constants(node, network, [](float a, float b) { return a / b; })) return;
  const ImportedMap map = network.map(node, 0);
  std::vector<float> factor = operand(node, network, 1, map);
  for (float& number : factor) {
    if (number == 0) node.refuse_input(1, "0", "other than 0");
    number = 1 / number;
  }
  scale(node, network, map, factor, {0});
}

void convert_pow(const OnnxNode& node, GraphImport& network) {
  if (between_constants(node, network, [](float a, float b) { return std::pow(a, b); })) return;
  node.refuse_input(network.is_constant(node, 0) ? 1 : 0, "is computed", "a constant");
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

}  // namespace

std::vector<OnnxConverter> arithmetic_converters() {
  return {{"Add", convert_add}, {"Sub", convert_sub}, {"Mul", convert_mul},
          {"Div", convert_div}, {"Pow", convert_pow}, {"BatchNormalization", convert_batch_norm}};
}

}  // namespace kirchhoff::quant
