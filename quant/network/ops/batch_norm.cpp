#include "quant/network/ops/batch_norm.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json_input.h"
#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"

namespace kirchhoff::quant {
namespace {

class BatchNorm final : public Operator {
 public:
  explicit BatchNorm(double epsilon) : epsilon_(epsilon) {}

  std::string kind() const override { return "batch_norm"; }
  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    return only_input(inputs, where);
  }
  std::vector<ParameterSize> parameters(const std::vector<Shape>& inputs) const override {
    const auto channels = static_cast<std::size_t>(inputs.front().channels);
    return {{"scale", channels}, {"shift", channels}, {"mean", channels}, {"variance", channels}};
  }
  RealMap compute(const std::vector<const RealMap*>& inputs,
                  const Parameters& parameters) const override {
    RealMap out = *inputs.front();
    const auto pixels = static_cast<std::size_t>(out.shape.pixels());
    for (std::size_t i = 0; i < out.values.size(); ++i) {
      const std::size_t c = i / pixels;
      const double factor = parameters.at(0)[c] / std::sqrt(parameters.at(3)[c] + epsilon_);
      out.values[i] = static_cast<float>((double{out.values[i]} - parameters.at(2)[c]) * factor +
                                         parameters.at(1)[c]);
    }
    return out;
  }
  void fold(const Parameters& parameters, FloatLayer& layer) const override {
    const std::size_t channels = parameters.at(0).size();
    const std::size_t rows = layer.weights.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) {
      const double factor = parameters[0][c] / std::sqrt(parameters[3][c] + epsilon_);
      for (std::size_t r = c * rows; r < (c + 1) * rows; ++r)
        layer.weights[r] = static_cast<float>(layer.weights[r] * factor);
      const double centred = double{layer.bias[c]} - double{parameters[2][c]};
      layer.bias[c] = static_cast<float>(centred * factor + parameters[1][c]);
    }
  }
  // Folded into the matrix before it; where there is none, a matrix of one weight per channel.
  void lower(Lowering& lowering) const override {
    const auto check_channels = [&lowering](const Shape& map) {
      if (map == lowering.input_shape()) return;
      throw InputError(fmt::format("{}: reads a flattened map {}: only linear may",
                                   lowering.where(), map.to_string()));
    };
    if (const Layer* const matrix = lowering.open_matrix()) {
      check_channels(matrix->output());
      lowering.extend();
    } else {
      Layer& layer = lowering.begin(LayerKind::kConvolution);
      check_channels(layer.input);
      layer.groups = layer.out_channels = layer.input.channels;
    }
    lowering.keep_parameters();
  }
  nlohmann::ordered_json attributes() const override { return {{"epsilon", epsilon_}}; }

 private:
  const double epsilon_;
};

std::shared_ptr<const Operator> read(const nlohmann::json& object, const std::string& where) {
  if (!object.contains("epsilon")) return batch_norm();
  const double epsilon = number_member(object, "epsilon", where);
  if (epsilon <= 0 || epsilon > 1)
    throw InputError(fmt::format("{}: epsilon = {}: must be in (0, 1]", where, epsilon));
  return batch_norm(epsilon);
}

}  // namespace

std::shared_ptr<const Operator> batch_norm(double epsilon) {
  return std::make_shared<BatchNorm>(epsilon);
}

std::vector<OperatorType> batch_norm_operators() {
  return {
      {"batch_norm", "every channel scaled and shifted, folded into a matrix", {"epsilon"}, read}};
}

}  // namespace kirchhoff::quant
