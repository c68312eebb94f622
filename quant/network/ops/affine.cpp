#include "quant/network/ops/affine.h"

#include <nlohmann/json.hpp>

#include "quant/network/lower.h"

namespace kirchhoff::quant {
namespace {

class Affine final : public Operator {
 public:
  std::string kind() const override { return "affine"; }
  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    return only_input(inputs, where);
  }
  std::vector<ParameterSize> parameters(const std::vector<Shape>&) const override {
    return {{"scale", 1}, {"shift", 1}};
  }
  RealMap compute(const std::vector<const RealMap*>& inputs,
                  const Parameters& parameters) const override {
    RealMap out = *inputs.front();
    for (float& value : out.values)
      value = static_cast<float>(double{parameters.at(0).at(0)} * value + parameters.at(1).at(0));
    return out;
  }
  void fold(const Parameters& parameters, FloatLayer& layer) const override {
    const double factor = parameters.at(0).at(0), shift = parameters.at(1).at(0);
    for (float& weight : layer.weights) weight = static_cast<float>(factor * weight);
    for (float& bias : layer.bias) bias = static_cast<float>(factor * bias + shift);
  }
  // Folded into the matrix before it; where there is none, a matrix of one weight per channel. The
  // same for all values, it takes a flattened map, too.
  void lower(Lowering& lowering) const override {
    if (lowering.open_matrix() != nullptr) {
      lowering.extend();
    } else {
      Layer& layer = lowering.begin(LayerKind::kConvolution);
      layer.groups = layer.out_channels = layer.input.channels;
    }
    lowering.keep_parameters();
  }
  nlohmann::ordered_json attributes() const override { return nlohmann::ordered_json::object(); }
};

std::shared_ptr<const Operator> read(const nlohmann::json&, const std::string&) { return affine(); }

}  // namespace

std::shared_ptr<const Operator> affine() { return std::make_shared<Affine>(); }

std::vector<OperatorType> affine_operators() {
  return {{"affine", "the map scaled and shifted, folded into a matrix", {}, read}};
}

}  // namespace kirchhoff::quant
