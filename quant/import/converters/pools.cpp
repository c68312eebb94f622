#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "quant/import/converters.h"
#include "quant/import/windows.h"
#include "quant/network/ops/average_pool.h"
#include "quant/network/ops/max_pool.h"

namespace kirchhoff::quant {
namespace {

Extent kernel_shape(const OnnxNode& node, const ImportedMap& map) {
  check_windowed(node, map);
  return kernel_of(node, "kernel_shape", node.integers("kernel_shape", {}), map.dims.size());
}

void convert_max_pool(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.map(node, 0);
  const Extent kernel = kernel_shape(node, map);
  node.ignore("storage_order");  // of the places of the maxima, which nobody gets
  network.append(
      node,
      max_pool(read_windows(node, map, network.shape(map), kernel), node.flag("ceil_mode", false)),
      {map.value}, {}, map.dims.size());
}

void convert_average_pool(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.padded_map(node, 0);
  AveragePoolAttributes a;
  a.sweep = read_windows(node, map, network.shape(map), kernel_shape(node, map));
  a.ceil_mode = node.flag("ceil_mode", false);
  a.counts_padding = node.flag("count_include_pad", false);
  if (!map.padding.empty()) {
    // The zeros of a Pad are pixels as any other.
    if (!a.counts_padding && a.sweep.padding != Padding(0))
      node.refuse_attribute("count_include_pad", "0", "1 behind a Pad, or pads 0");
    a.counts_padding = true;
    a.sweep.padding = joined(a.sweep.padding, map.zeros);
  }
  network.append(node, average_pool(a), {map.value}, {}, map.dims.size());
}

void convert_global_average(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.map(node, 0);
  check_windowed(node, map);
  network.append(node, global_average_pool(), {map.value}, {}, map.dims.size());
}

void convert_global_maximum(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.map(node, 0);
  check_windowed(node, map);
  const Extent whole(network.shape(map).height, network.shape(map).width);
  network.append(node, max_pool({whole, whole, 1, 0}), {map.value}, {}, map.dims.size());
}

void convert_mean(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.map(node, 0);
  check_windowed(node, map);
  const std::size_t rank = map.dims.size();
  const std::vector<std::int64_t> found = node.integers("axes", {});
  std::vector<int> axes, wanted;
  for (const std::int64_t axis : found) axes.push_back(front_axis(axis, rank));
  std::sort(axes.begin(), axes.end());
  for (std::size_t axis = 2; axis < rank; ++axis) wanted.push_back(static_cast<int>(axis));
  if (axes != wanted) {
    node.refuse_attribute("axes", fmt::format("[{}]", fmt::join(found, ", ")),
                          fmt::format("[{}], rows and columns", fmt::join(wanted, ", ")));
  }
  network.append(node, global_average_pool(), {map.value}, {},
                 node.flag("keepdims", true) ? rank : 2);
}

}  // namespace

std::vector<OnnxConverter> pool_converters() {
  return {{"MaxPool", convert_max_pool},
          {"AveragePool", convert_average_pool},
          {"GlobalAveragePool", convert_global_average},
          {"GlobalMaxPool", convert_global_maximum},
          {"ReduceMean", convert_mean}};
}

}  // namespace kirchhoff::quant
