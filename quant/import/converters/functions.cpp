#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "quant/import/converters.h"
#include "quant/network/ops/function.h"

namespace kirchhoff::quant {
namespace {

void append(const OnnxNode& node, GraphImport& network, const Function& function) {
  const ImportedMap& map = network.map(node, 0);
  network.append(node, apply(function), {map.value}, {}, map.dims.size());
}

template <Function::Kind kKind>
void convert(const OnnxNode& node, GraphImport& network) {
  append(node, network, Function::of(kKind));
}

void convert_leaky_relu(const OnnxNode& node, GraphImport& network) {
  append(node, network, Function::leaky_relu(node.number("alpha", 0.01)));
}

void convert_hard_sigmoid(const OnnxNode& node, GraphImport& network) {
  append(node, network,
         Function::hard_sigmoid(node.number("alpha", 0.2), node.number("beta", 0.5)));
}

/// Bounds were attributes up to opset 10 and are inputs since.
void convert_clip(const OnnxNode& node, GraphImport& network) {
  constexpr int kBoundsAreInputs = 11;
  constexpr double kMost = std::numeric_limits<float>::max();
  double low = -kMost, high = kMost;
  if (node.opset() < kBoundsAreInputs) {
    low = node.number("min", low);
    high = node.number("max", high);
  } else {
    if (node.has_input(1)) low = double{network.numbers(node, 1, 1)[0]};
    if (node.has_input(2)) high = double{network.numbers(node, 2, 1)[0]};
  }
  if (low == -kMost && high == kMost) return network.leave_out(node, "bounds nothing, left out");
  if (low == 0 && high == kMost) return append(node, network, Function::relu());
  if (low >= high) {
    throw InputError(
        fmt::format("{}: min = {}, max = {}: min must be below max", node.where(), low, high));
  }
  append(node, network, Function::clip(low, high));
}

}  // namespace

std::vector<OnnxConverter> function_converters() {
  using Kind = Function::Kind;
  return {{"Relu", convert<Kind::kRelu>},        {"Clip", convert_clip},
          {"LeakyRelu", convert_leaky_relu},     {"Sigmoid", convert<Kind::kSigmoid>},
          {"HardSigmoid", convert_hard_sigmoid}, {"HardSwish", convert<Kind::kHardSwish>},
          {"Tanh", convert<Kind::kTanh>}};
}

}  // namespace kirchhoff::quant
