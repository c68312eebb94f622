#include "quant/network/ops/linear.h"

#include "base/json_input.h"
#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"

namespace kirchhoff::quant {
namespace {

class Linear final : public Operator {
 public:
  explicit Linear(int outputs) : outputs_(outputs) {}

  std::string kind() const override { return "linear"; }

  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    Layer layer;
    layer.input = only_input(inputs, where);
    shape_layer(layer);
    check_layer(layer, where);
    return layer.convolved();
  }

  std::vector<ParameterSize> parameters(const std::vector<Shape>& inputs) const override {
    const auto outputs = static_cast<std::size_t>(outputs_);
    return {{"weights", outputs * static_cast<std::size_t>(inputs.front().size())},
            {"bias", outputs}};
  }

  RealMap compute(const std::vector<const RealMap*>& inputs,
                  const Parameters& parameters) const override {
    const std::vector<float>& in = inputs.front()->values;
    RealMap out{{outputs_, 1, 1}, {}};
    auto weight = parameters.at(0).begin();
    for (int o = 0; o < outputs_; ++o) {
      double sum = parameters.at(1)[static_cast<std::size_t>(o)];
      for (const float value : in) sum += double{*weight++} * value;
      out.values.push_back(static_cast<float>(sum));
    }
    return out;
  }

  void fold(const Parameters& parameters, FloatLayer& layer) const override {
    layer = {parameters.at(0), parameters.at(1)};
  }

  void lower(Lowering& lowering) const override {
    shape_layer(lowering.begin(LayerKind::kFullyConnected));
    lowering.keep_parameters();
  }

  nlohmann::ordered_json attributes() const override { return {{"out_channels", outputs_}}; }

 private:
  void shape_layer(Layer& layer) const {
    layer.kind = LayerKind::kFullyConnected;
    layer.out_channels = outputs_;
    layer.kernel_height = layer.input.height;
    layer.kernel_width = layer.input.width;
  }

  const int outputs_;
};

std::shared_ptr<const Operator> read(const nlohmann::json& object, const std::string& where) {
  return linear(static_cast<int>(integer_member(object, "out_channels", where, 1, kMaxChannels)));
}

}  // namespace

std::shared_ptr<const Operator> linear(int outputs) { return std::make_shared<Linear>(outputs); }

std::vector<OperatorType> linear_operators() {
  return {{"linear", "weights over the whole map, fully connected", {"out_channels"}, read}};
}

}  // namespace kirchhoff::quant
