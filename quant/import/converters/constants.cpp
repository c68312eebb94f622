#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/import/converters.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

std::shared_ptr<const Constant> scalar(Constant constant) {
  constant.dims.clear();
  return std::make_shared<const Constant>(std::move(constant));
}

void convert_constant(const OnnxNode& node, GraphImport& network) {
  Constant made;
  if (node.has("value")) return network.define(node, node.tensor("value"));
  if (node.has("value_float")) {
    made.numbers = {static_cast<float>(node.number("value_float", 0))};
    return network.define(node, scalar(std::move(made)));
  }
  if (node.has("value_int")) {
    made = Constant::of_integers({node.integer("value_int", 0, INT64_MIN, INT64_MAX)});
    return network.define(node, scalar(std::move(made)));
  }
  if (node.has("value_floats")) {
    made.numbers = node.numbers("value_floats");
    made.dims = {static_cast<std::int64_t>(made.numbers.size())};
  } else if (node.has("value_ints")) {
    made = Constant::of_integers(node.integers("value_ints", {}));
  } else {
    throw InputError(
        fmt::format("{}: must have one of value, value_float, value_floats, value_int, value_ints",
                    node.where()));
  }
  network.define(node, std::make_shared<const Constant>(std::move(made)));
}

void convert_shape(const OnnxNode& node, GraphImport& network) {
  const Dims dims =
      network.is_constant(node, 0) ? network.constant(node, 0)->dims : network.map(node, 0).dims;
  const auto rank = static_cast<std::int64_t>(dims.size());
  const auto end_of = [&](const char* attribute, std::int64_t otherwise) {
    const std::int64_t axis = node.integer(attribute, otherwise, INT32_MIN, INT32_MAX);
    return std::clamp(axis < 0 ? axis + rank : axis, std::int64_t{0}, rank);
  };
  const std::int64_t start = end_of("start", 0), end = end_of("end", rank);
  Dims sides;
  if (start < end) sides.assign(dims.begin() + start, dims.begin() + end);
  network.define(node, std::make_shared<const Constant>(Constant::of_integers(sides)));
}

void convert_gather(const OnnxNode& node, GraphImport& network) {
  const auto tensor = network.constant(node, 0);
  const auto places = network.constant(node, 1);
  if (tensor->dims.empty()) node.refuse_input(0, "scalar", "a list");
  if (!places->is_integer) node.refuse_input(1, "real numbers", "integers");
  const auto rank = static_cast<std::int64_t>(tensor->dims.size());
  if (node.integer("axis", 0, -rank, rank - 1) % rank != 0)
    node.refuse_attribute("axis", std::to_string(node.integer("axis", 0, -rank, rank - 1)), "0");
  const std::int64_t entries = tensor->dims.front();
  for (const std::int64_t place : places->integers) {
    if (place < -entries || place >= entries) {
      node.refuse_input(1, std::to_string(place),
                        fmt::format("in [{}, {}]", -entries, entries - 1));
    }
  }
  if (places->size() * tensor->size() > std::size_t{kMaxMapValues})
    node.refuse_input(1, fmt::format("{} places", places->size()), "fewer");
  network.define(node, std::make_shared<const Constant>(gathered(*tensor, *places)));
}

}  // namespace

std::vector<OnnxConverter> constant_converters() {
  return {{"Constant", convert_constant}, {"Shape", convert_shape}, {"Gather", convert_gather}};
}

}  // namespace kirchhoff::quant
