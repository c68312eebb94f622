#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "quant/import/converters.h"
#include "quant/network/ops/flatten.h"

namespace kirchhoff::quant {
namespace {

Dims dims_of_input(const OnnxNode& node, const GraphImport& network) {
  return network.is_constant(node, 0) ? network.constant(node, 0)->dims : network.map(node, 0).dims;
}

/// Input 0 under other sides. A map has to stay what it is, or become a row.
void reshape(const OnnxNode& node, GraphImport& network, const Dims& dims) {
  if (network.is_constant(node, 0)) {
    Constant reshaped = *network.constant(node, 0);
    reshaped.dims = dims;
    return network.define(node, std::make_shared<const Constant>(std::move(reshaped)));
  }
  ImportedMap map = network.map(node, 0);
  if (shape_of(dims) == network.shape(map)) {
    map.dims = dims;
    return network.define(node, map);
  }
  if (dims == Dims{1, network.shape(map).size()})
    return network.append(node, flatten(), {map.value}, {}, 2);
  node.refuse_input(0, fmt::format("{} becomes {}", to_string(map.dims), to_string(dims)),
                    fmt::format("1x{}, or the same map", network.shape(map).size()));
}

void convert_flatten(const OnnxNode& node, GraphImport& network) {
  const Dims dims = dims_of_input(node, network);
  const auto rank = static_cast<std::int64_t>(dims.size());
  std::int64_t axis = node.integer("axis", 1, -rank, rank);
  if (axis < 0) axis += rank;
  const Dims outer(dims.begin(), dims.begin() + axis), inner(dims.begin() + axis, dims.end());
  reshape(node, network, {count_of(outer), count_of(inner)});
}

/// The sides that a Reshape asks for: 0 keeps one, -1 is what remains.
Dims wanted_dims(const OnnxNode& node, const GraphImport& network, const Dims& dims) {
  Dims wanted = network.integers(node, 1);
  const std::string asked = fmt::format("[{}]", fmt::join(wanted, ", "));
  const std::string rule = fmt::format("the sides of {} values", count_of(dims));
  const bool zero_is_zero = node.flag("allowzero", false);
  int open = -1;
  std::int64_t known = 1;
  for (std::size_t axis = 0; axis < wanted.size(); ++axis) {
    if (wanted[axis] == 0 && !zero_is_zero && axis < dims.size()) wanted[axis] = dims[axis];
    if (wanted[axis] == -1 && open < 0) {
      open = static_cast<int>(axis);
      continue;
    }
    if (wanted[axis] <= 0 || wanted[axis] > count_of(dims)) node.refuse_input(1, asked, rule);
    known *= wanted[axis];
    if (known > count_of(dims)) node.refuse_input(1, asked, rule);
  }
  if (open >= 0) wanted[static_cast<std::size_t>(open)] = count_of(dims) / known;
  if (count_of(wanted) != count_of(dims)) node.refuse_input(1, asked, rule);
  return wanted;
}

void convert_reshape(const OnnxNode& node, GraphImport& network) {
  reshape(node, network, wanted_dims(node, network, dims_of_input(node, network)));
}

/// Axes were an attribute up to opset 12 and are an input since.
std::optional<Dims> axes_of(const OnnxNode& node, const GraphImport& network) {
  constexpr int kAxesAreInput = 13;
  if (node.opset() >= kAxesAreInput) {
    if (!node.has_input(1)) return std::nullopt;
    return network.integers(node, 1);
  }
  if (!node.has("axes")) return std::nullopt;
  return node.integers("axes", {});
}

/// Counted from the front, each once.
std::set<int> front_axes(const OnnxNode& node, const Dims& axes, std::size_t rank) {
  std::set<int> front;
  for (const std::int64_t axis : axes) {
    if (front_axis(axis, rank) < 0 || !front.insert(front_axis(axis, rank)).second) {
      node.refuse_attribute("axes", fmt::format("[{}]", fmt::join(axes, ", ")),
                            fmt::format("different axes of {} sides", rank));
    }
  }
  return front;
}

void convert_squeeze(const OnnxNode& node, GraphImport& network) {
  const Dims dims = dims_of_input(node, network);
  const std::optional<Dims> axes = axes_of(node, network);
  std::set<int> dropped;
  if (axes) dropped = front_axes(node, *axes, dims.size());
  Dims left;
  for (std::size_t axis = 0; axis < dims.size(); ++axis) {
    const bool named = dropped.count(static_cast<int>(axis)) != 0;
    if (named && dims[axis] != 1)
      node.refuse_input(0, to_string(dims), fmt::format("1 along axis {}", axis));
    if (!(axes ? named : dims[axis] == 1)) left.push_back(dims[axis]);
  }
  reshape(node, network, left);
}

void convert_unsqueeze(const OnnxNode& node, GraphImport& network) {
  Dims dims = dims_of_input(node, network);
  const Dims axes = axes_of(node, network).value_or(Dims{});
  for (const int axis : front_axes(node, axes, dims.size() + axes.size()))
    dims.insert(dims.begin() + axis, 1);
  reshape(node, network, dims);
}

void convert_transpose(const OnnxNode& node, GraphImport& network) {
  const Dims dims = dims_of_input(node, network);
  Dims backwards;
  for (std::size_t axis = dims.size(); axis-- > 0;)
    backwards.push_back(static_cast<std::int64_t>(axis));
  const Dims found = node.integers("perm", backwards);
  std::vector<int> order;
  std::set<int> once;
  for (const std::int64_t axis : found) {
    order.push_back(axis < 0 ? -1 : front_axis(axis, dims.size()));
    once.insert(order.back());
  }
  if (order.size() != dims.size() || once.size() != dims.size() || once.count(-1) != 0) {
    node.refuse_attribute("perm", fmt::format("[{}]", fmt::join(found, ", ")),
                          fmt::format("an order of {} axes", dims.size()));
  }
  if (network.is_constant(node, 0)) {
    return network.define(
        node, std::make_shared<const Constant>(transposed(*network.constant(node, 0), order)));
  }
  Dims moved;
  std::vector<int> longer;  // sides of 1 may go anywhere
  for (const int axis : order) {
    moved.push_back(dims[static_cast<std::size_t>(axis)]);
    if (moved.back() != 1) longer.push_back(axis);
  }
  if (!std::is_sorted(longer.begin(), longer.end())) {
    node.refuse_attribute(
        "perm", fmt::format("[{}]", fmt::join(found, ", ")),
        fmt::format("an order that leaves the values of {} in their places", to_string(dims)));
  }
  reshape(node, network, moved);
}

}  // namespace

std::vector<OnnxConverter> reshape_converters() {
  return {{"Flatten", convert_flatten},
          {"Reshape", convert_reshape},
          {"Squeeze", convert_squeeze},
          {"Unsqueeze", convert_unsqueeze},
          {"Transpose", convert_transpose}};
}

}  // namespace kirchhoff::quant
