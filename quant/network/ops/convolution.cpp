#include "quant/network/ops/convolution.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json_input.h"
#include "quant/network/lower.h"
#include "quant/network/ops/attributes.h"
#include "quant/network/ops/windows.h"

namespace kirchhoff::quant {
namespace {

class Convolution final : public Operator {
 public:
  explicit Convolution(const ConvolutionAttributes& attributes) : a_(attributes) {}

  std::string kind() const override { return "convolution"; }

  Shape output(const std::vector<Shape>& inputs, const std::string& where) const override {
    const Layer layer = layer_for(only_input(inputs, where));
    check_layer(layer, where);
    return layer.convolved();
  }

  std::vector<ParameterSize> parameters(const std::vector<Shape>& inputs) const override {
    const auto outputs = static_cast<std::size_t>(a_.out_channels);
    const auto rows = static_cast<std::size_t>(layer_for(inputs.front()).rows());
    return {{"weights", outputs * rows}, {"bias", outputs}};
  }

  RealMap compute(const std::vector<const RealMap*>& inputs,
                  const Parameters& parameters) const override {
    const RealMap& in = *inputs.front();
    const Layer layer = layer_for(in.shape);
    RealMap out{layer.convolved(), {}};
    const std::vector<float>&weights = parameters.at(0), &bias = parameters.at(1);
    for (int c = 0; c < out.shape.channels; ++c) {
      for (int y = 0; y < out.shape.height; ++y) {
        for (int x = 0; x < out.shape.width; ++x)
          out.values.push_back(window_sum(layer, in, weights, c, y, x) +
                               bias[static_cast<std::size_t>(c)]);
      }
    }
    return out;
  }

  void fold(const Parameters& parameters, FloatLayer& layer) const override {
    layer = {parameters.at(0), parameters.at(1)};
  }

  void lower(Lowering& lowering) const override {
    Layer& layer = lowering.begin(LayerKind::kConvolution);
    shape_layer(layer);
    lowering.keep_parameters();
  }

  nlohmann::ordered_json attributes() const override {
    nlohmann::ordered_json object;
    object["out_channels"] = a_.out_channels;
    write_sweep(a_.sweep, false, object);
    if (a_.groups != 1) object["groups"] = a_.groups;
    return object;
  }

 private:
  void shape_layer(Layer& layer) const {
    layer.kind = LayerKind::kConvolution;
    layer.out_channels = a_.out_channels;
    set_windows(a_.sweep, layer);
    layer.groups = a_.groups;
  }

  Layer layer_for(const Shape& input) const {
    Layer layer;
    layer.input = input;
    shape_layer(layer);
    return layer;
  }

  static float window_sum(const Layer& layer, const RealMap& in, const std::vector<float>& weights,
                          int channel, int y, int x) {
    const int per_group = in.shape.channels / layer.groups;
    const int first = layer.group_of(channel) * per_group;
    auto weight = weights.begin() + static_cast<std::ptrdiff_t>(channel) * layer.rows();
    double sum = 0;
    for (int c = first; c < first + per_group; ++c) {
      for (int ky = 0; ky < layer.kernel_height; ++ky) {
        for (int kx = 0; kx < layer.kernel_width; ++kx, ++weight) {
          const int iy = y * layer.stride.height - layer.padding.top + ky * layer.dilation.height;
          const int ix = x * layer.stride.width - layer.padding.left + kx * layer.dilation.width;
          if (iy < 0 || iy >= in.shape.height || ix < 0 || ix >= in.shape.width) continue;
          sum +=
              double{*weight} *
              in.values[static_cast<std::size_t>((c * in.shape.height + iy) * in.shape.width + ix)];
        }
      }
    }
    return static_cast<float>(sum);
  }

  const ConvolutionAttributes a_;
};

std::shared_ptr<const Operator> read(const nlohmann::json& object, const std::string& where) {
  ConvolutionAttributes a;
  a.out_channels = static_cast<int>(integer_member(object, "out_channels", where, 1, kMaxChannels));
  a.sweep = read_sweep(object, where, false);
  a.groups = optional_integer(object, "groups", where, 1, kMaxChannels, 1);
  return convolution(a);
}

}  // namespace

std::shared_ptr<const Operator> convolution(const ConvolutionAttributes& attributes) {
  return std::make_shared<Convolution>(attributes);
}

std::shared_ptr<const Operator> depthwise(int channels, const Sweep& sweep) {
  return convolution({channels, sweep, channels});
}

std::vector<OperatorType> convolution_operators() {
  return {{"convolution",
           "weights over windows of the map, in groups of channels",
           {"out_channels", "kernel", "stride", "dilation", "padding", "groups"},
           read}};
}

}  // namespace kirchhoff::quant
