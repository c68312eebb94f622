#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/quote.h"
#include "quant/import/converters.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

void convert_identity(const OnnxNode& node, GraphImport& network) {
  network.leave_out(node, "left out");
}

void convert_dropout(const OnnxNode& node, GraphImport& network) {
  node.ignore("ratio");
  node.ignore("seed");
  if (node.has_input(2) && network.integers(node, 2) != std::vector<std::int64_t>{0})
    node.refuse_input(2, "training_mode", "false: the network is not trained");
  network.leave_out(node, "left out, it drops nothing outside training");
}

/// The classes are ranked the same without it.
void convert_softmax(const OnnxNode& node, GraphImport& network) {
  constexpr int kLastIsDefault = 13;
  const ImportedMap& map = network.map(node, 0);
  if (!network.is_output(node.output()))
    throw InputError(fmt::format("{}: must be the last node", node.where()));
  const std::size_t rank = map.dims.size();
  const std::int64_t axis = node.integer("axis", node.opset() >= kLastIsDefault ? -1 : 1, -4, 3);
  if (network.shape(map).pixels() != 1 || front_axis(axis, rank) != 1) {
    node.refuse_attribute(
        "axis", std::to_string(axis),
        fmt::format("that of the classes of a map 1xN, not {}", to_string(map.dims)));
  }
  network.leave_out(node, "left out, it does not change which class is the largest");
}

/// pads = [begin of every axis, end of every axis].
void convert_pad(const OnnxNode& node, GraphImport& network) {
  constexpr int kPadsAreInput = 11;
  ImportedMap map = network.padded_map(node, 0);
  const std::size_t rank = map.dims.size();
  const bool inputs = node.opset() >= kPadsAreInput;
  const Dims pads = inputs ? network.integers(node, 1) : node.integers("pads", {});
  const std::string shown = fmt::format("[{}]", fmt::join(pads, ", "));
  const std::string mode = node.text("mode", "constant");
  if (mode != "constant") node.refuse_attribute("mode", quote(mode), "constant");
  const double value = !inputs             ? node.number("value", 0)
                       : node.has_input(2) ? double{network.numbers(node, 2, 1)[0]}
                                           : 0;
  if (value != 0)
    throw InputError(fmt::format("{}: pads with {}: must pad with 0", node.where(), value));
  bool fits = pads.size() == 2 * rank;
  for (std::size_t i = 0; fits && i < pads.size(); ++i)
    fits = pads[i] >= 0 && pads[i] <= kMaxSide && (i % rank >= 2 || pads[i] == 0);
  if (!fits) {
    throw InputError(
        fmt::format("{}: pads = {}: must be {} integers in [0, {}], 0 for batch and channels",
                    node.where(), shown, 2 * rank, kMaxSide));
  }
  const auto at = [&](std::size_t i) { return static_cast<int>(pads[i]); };
  Padding zeros;
  if (rank == 3) zeros = {0, at(2), 0, at(5)};
  if (rank == 4) zeros = {at(2), at(3), at(6), at(7)};
  if (zeros == Padding(0)) return network.leave_out(node, "pads nothing, left out");
  if (!map.padding.empty())
    throw InputError(
        fmt::format("{}: {} reads its map: must be Conv or AveragePool", map.padding, node.op()));
  map.zeros = zeros;
  map.padding = node.where();
  network.define(node, map);
}

}  // namespace

std::vector<OnnxConverter> passing_converters() {
  return {{"Identity", convert_identity},
          {"Dropout", convert_dropout},
          {"Softmax", convert_softmax},
          {"LogSoftmax", convert_softmax},
          {"Pad", convert_pad}};
}

}  // namespace kirchhoff::quant
