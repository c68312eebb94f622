#include <cmath>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "quant/import/converters.h"
#include "quant/import/windows.h"
#include "quant/network/network.h"
#include "quant/network/ops/convolution.h"
#include "quant/network/ops/linear.h"

namespace kirchhoff::quant {
namespace {

std::shared_ptr<const Constant> weights_of(const OnnxNode& node, const GraphImport& network,
                                           std::size_t rank) {
  auto weights = network.constant(node, 1);
  if (weights->is_integer || weights->dims.size() != rank || weights->size() == 0) {
    node.refuse_input(1,
                      fmt::format("{} {}", to_string(weights->dims),
                                  weights->is_integer ? "integers" : "numbers"),
                      fmt::format("real numbers of {} sides", rank));
  }
  return weights;
}

/// Of weights whose output channels follow each other.
void keep_steps(const OnnxNode& node, GraphImport& network, const Constant& weights,
                std::int64_t channels, double scale = 1) {
  if (weights.steps.empty()) return;
  WeightSteps kept{weights.bits, {}};
  const std::size_t rows = weights.size() / static_cast<std::size_t>(channels);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const float step = weights.steps[i];
    if (i % rows == 0) {
      kept.of_channel.push_back(std::fabs(static_cast<float>(scale * double{step})));
    } else if (step != weights.steps[i - 1]) {
      node.refuse_input(1, "steps that differ within an output channel", "one per channel");
    }
  }
  network.keep_steps(std::move(kept));
}

void convert_convolution(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = network.padded_map(node, 0);
  check_windowed(node, map);
  const std::size_t rank = map.dims.size();
  const auto weights = weights_of(node, network, rank);
  const Dims sides(weights->dims.begin() + 2, weights->dims.end());
  const Dims kernel = node.integers("kernel_shape", sides);
  if (kernel != sides) {
    node.refuse_attribute("kernel_shape", fmt::format("[{}]", fmt::join(kernel, ", ")),
                          fmt::format("[{}], the sides of its weights", fmt::join(sides, ", ")));
  }
  if (weights->dims[0] > kMaxChannels) {
    node.refuse_input(1, fmt::format("{} output channels", weights->dims[0]),
                      fmt::format("at most {}", kMaxChannels));
  }
  ConvolutionAttributes a;
  a.out_channels = static_cast<int>(weights->dims[0]);
  a.groups = static_cast<int>(node.integer("group", 1, 1, kMaxChannels));
  a.sweep =
      read_windows(node, map, network.shape(map), kernel_of(node, "kernel_shape", kernel, rank));
  a.sweep.padding = joined(a.sweep.padding, map.zeros);
  if (weights->dims[1] * a.groups != map.dims[1]) {
    node.refuse_input(1, to_string(weights->dims),
                      fmt::format("{} channels / {} groups deep", map.dims[1], a.groups));
  }
  const auto channels = static_cast<std::size_t>(a.out_channels);
  std::vector<float> bias(channels, 0);
  if (node.has_input(2)) bias = network.numbers(node, 2, channels);
  network.append(node, convolution(a), {map.value}, {weights->numbers, std::move(bias)}, rank);
  keep_steps(node, network, *weights, weights->dims[0]);
}

const ImportedMap& row(const OnnxNode& node, const GraphImport& network) {
  const ImportedMap& map = network.map(node, 0);
  if (map.dims.size() != 2) node.refuse_input(0, to_string(map.dims), "1xN");
  return map;
}

/// `weights` [values of the row, outputs], or the other way round when `by_output`.
void append_linear(const OnnxNode& node, GraphImport& network, const ImportedMap& map,
                   const Constant& weights, bool by_output, double scale,
                   const std::vector<float>& bias) {
  const std::int64_t entering = weights.dims[by_output ? 1 : 0];
  const std::int64_t outputs = weights.dims[by_output ? 0 : 1];
  if (entering != map.dims[1] || outputs > kMaxChannels) {
    node.refuse_input(1, to_string(weights.dims),
                      fmt::format("{} values by at most {} outputs", map.dims[1], kMaxChannels));
  }
  const Constant rows = by_output ? weights : transposed(weights, {1, 0});
  std::vector<float> numbers = rows.numbers;
  if (scale != 1) {
    for (float& number : numbers) number = static_cast<float>(scale * number);
  }
  network.append(node, linear(static_cast<int>(outputs)), {map.value}, {std::move(numbers), bias},
                 2);
  keep_steps(node, network, rows, outputs, scale);
}

/// One number per output, one for all, or [1, outputs].
std::vector<float> gemm_bias(const OnnxNode& node, const GraphImport& network, std::int64_t outputs,
                             double scale) {
  std::vector<float> bias(static_cast<std::size_t>(outputs), 0);
  if (!node.has_input(2)) return bias;
  const auto found = network.constant(node, 2);
  const bool one = found->size() == 1 && found->dims.size() <= 2;
  if (!one && found->dims != Dims{outputs} && found->dims != Dims{1, outputs}) {
    node.refuse_input(2, to_string(found->dims), fmt::format("1, {0} or 1x{0}", outputs));
  }
  const std::vector<float> numbers = network.numbers(node, 2, found->size());
  for (std::size_t i = 0; i < bias.size(); ++i)
    bias[i] = static_cast<float>(scale * numbers[one ? 0 : i]);
  return bias;
}

void convert_gemm(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = row(node, network);
  const auto weights = weights_of(node, network, 2);
  node.integer("transA", 0, 0, 0);
  const bool by_output = node.flag("transB", false);
  const std::int64_t outputs = weights->dims[by_output ? 0 : 1];
  append_linear(node, network, map, *weights, by_output, node.number("alpha", 1),
                gemm_bias(node, network, outputs, node.number("beta", 1)));
}

void convert_matmul(const OnnxNode& node, GraphImport& network) {
  const ImportedMap& map = row(node, network);
  const auto weights = weights_of(node, network, 2);
  const std::vector<float> bias(static_cast<std::size_t>(weights->dims[1]), 0);
  append_linear(node, network, map, *weights, false, 1, bias);
}

}  // namespace

std::vector<OnnxConverter> matrix_converters() {
  return {{"Conv", convert_convolution}, {"Gemm", convert_gemm}, {"MatMul", convert_matmul}};
}

}  // namespace kirchhoff::quant
