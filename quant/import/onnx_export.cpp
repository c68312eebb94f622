#include "quant/import/onnx_export.h"

#include <cmath>
#include <initializer_list>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "quant/network/file_steps.h"

namespace kirchhoff::quant {
namespace {

constexpr int kOpset = 13, kFormat = 7;
constexpr int kByteBits = 8;

/// The step whose `largest`-fold is this clip again when it is read, or comes nearest.
float step_of(float clip, int largest) {
  const float near = clip / static_cast<float>(largest);
  float below = near, above = near;
  for (int i = 0; i < 4; ++i) {
    if (real_number(below, largest) == clip) return below;
    if (real_number(above, largest) == clip) return above;
    below = std::nextafter(below, 0.0f);
    above = std::nextafter(above, std::numeric_limits<float>::max());
  }
  return near;
}

class OnnxExport {
 public:
  OnnxExport(Quantizer& quantizer, const Policy& policy)
      : quantizer_(quantizer),
        policy_(policy),
        network_(quantizer.model().network),
        tensors_(network_) {}

  std::string bytes() {
    quantizer_.check(policy_);
    model_.set_ir_version(kFormat);
    model_.set_producer_name("kirchhoff");
    model_.add_opset_import()->set_version(kOpset);
    graph().set_name(network_.name);
    onnx::StringStringEntryProto& widths = *model_.add_metadata_props();
    widths.set_key("kirchhoff.policy");
    widths.set_value(policy_.to_string());
    const Shape& image = network_.image;
    describe(*graph().add_input(), "image", {1, image.channels, image.height, image.width});
    maps_.push_back(tensors_.bits(kImage, policy_) < kByteBits ? rounded("image", kImage)
                                                               : "image");
    for (const LayerId l : network_.layers.ids()) maps_.push_back(stage(l));
    const Shape result = network_.layers.back().output();
    std::vector<std::int64_t> sides = {1, result.channels};
    if (!is_row(network_.layers.last_id()))
      sides.insert(sides.end(), {result.height, result.width});
    describe(*graph().add_output(), maps_.back(), sides);
    return model_.SerializeAsString();
  }

 private:
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  static void describe(onnx::ValueInfoProto& value, const std::string& name,
                       const std::vector<std::int64_t>& sides) {
    value.set_name(name);
    onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t side : sides) tensor.mutable_shape()->add_dim()->set_dim_value(side);
  }

  onnx::NodeProto& node(const std::string& op, const std::string& name,
                        const std::vector<std::string>& inputs) {
    onnx::NodeProto& made = *graph().add_node();
    made.set_op_type(op);
    made.set_name(name);
    for (const std::string& input : inputs) made.add_input(input);
    made.add_output(name);
    return made;
  }
  static void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void set(onnx::NodeProto& node, const std::string& name,
                  std::initializer_list<std::int64_t> values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }
  onnx::TensorProto& constant(const std::string& name, int type,
                              std::initializer_list<std::int64_t> sides) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(type);
    for (const std::int64_t side : sides) tensor.add_dims(side);
    return tensor;
  }
  std::string number(const std::string& name, float value) {
    constant(name, onnx::TensorProto::FLOAT, {}).add_float_data(value);
    return name;
  }

  [[noreturn]] void refuse(LayerId l, const std::string& what) const {
    throw InputError(
        fmt::format("network {}: layer {}: {}", network_.name, network_.layers[l].name, what));
  }

  /// A fully connected layer gives a row, 1xN.
  bool is_row(LayerId l) const { return network_.layers[l].kind == LayerKind::kFullyConnected; }

  /// The maps, channel after channel; as a row, or as channels, rows and columns.
  std::string entering(const std::vector<TensorId>& maps, const std::string& name, bool row) {
    std::vector<std::string> parts;
    for (const TensorId map : maps) {
      const bool is = map != kImage && is_row(producer_of(map));
      std::string part = maps_[map];
      if (is && !row) {
        part = fmt::format("{}.{}.map{}", name, index(map), parts.size());
        const std::string sides = part + ".sides";
        onnx::TensorProto& wanted = constant(sides, onnx::TensorProto::INT64, {4});
        for (const int side : {1, network_.shape_of(map).channels, 1, 1})
          wanted.add_int64_data(side);
        node("Reshape", part, {maps_[map], sides});
      }
      if (!is && row && maps.size() == 1) {
        part = name + ".row";
        node("Flatten", part, {maps_[map]});
      }
      parts.push_back(part);
    }
    if (parts.size() == 1) return parts.front();
    const bool rows = row && is_row(producer_of(maps.front()));
    set(node("Concat", name + ".joined", parts), "axis", std::int64_t{1});
    if (!row || rows) return name + ".joined";
    node("Flatten", name + ".row", {name + ".joined"});
    return name + ".row";
  }

  static void set_windows(onnx::NodeProto& made, const Layer& layer, bool dilations) {
    set(made, "kernel_shape", {layer.kernel_height, layer.kernel_width});
    set(made, "strides", {layer.stride.height, layer.stride.width});
    set(made, "pads",
        {layer.padding.top, layer.padding.left, layer.padding.bottom, layer.padding.right});
    if (dilations) set(made, "dilations", {layer.dilation.height, layer.dilation.width});
  }

  /// The weights' integers and their steps; the name of the numbers that they stand for.
  std::string weights(LayerId l) {
    const Layer& layer = network_.layers[l];
    const int bits = policy_.layers[l].weight;
    if (bits > kByteBits) refuse(l, fmt::format("weights of {} bits: must have at most 8", bits));
    const Eigen::MatrixXi& integers = quantizer_.weights(l, bits);
    const std::string name = layer.name + ".weight";
    const bool row = layer.kind == LayerKind::kFullyConnected;
    onnx::TensorProto& tensor =
        row ? constant(name + ".integers", onnx::TensorProto::INT8,
                       {layer.out_channels, layer.rows()})
            : constant(name + ".integers", onnx::TensorProto::INT8,
                       {layer.out_channels, layer.input.channels / layer.groups,
                        layer.kernel_height, layer.kernel_width});
    std::string raw;
    for (Eigen::Index i = 0; i < integers.size(); ++i)
      raw += static_cast<char>(static_cast<std::int8_t>(integers.data()[i]));
    tensor.set_raw_data(raw);
    const ClipTable& clips = quantizer_.clips();
    const auto at = static_cast<std::size_t>(bits);
    const int largest = (1 << (stored_bits(clips.weights, bits) - 1)) - 1;
    if (clips.channel.empty() || clips.channel[l][at].empty()) {
      number(name + ".step", step_of(clips.weight[l][at], largest));
      constant(name + ".zero", onnx::TensorProto::INT8, {}).add_int32_data(0);
      node("DequantizeLinear", name, {name + ".integers", name + ".step", name + ".zero"});
      return name;
    }
    onnx::TensorProto& steps =
        constant(name + ".step", onnx::TensorProto::FLOAT, {layer.out_channels});
    onnx::TensorProto& zeros =
        constant(name + ".zero", onnx::TensorProto::INT8, {layer.out_channels});
    for (const float clip : clips.channel[l][at]) {
      steps.add_float_data(step_of(clip, largest));
      zeros.add_int32_data(0);
    }
    set(node("DequantizeLinear", name, {name + ".integers", name + ".step", name + ".zero"}),
        "axis", std::int64_t{0});
    return name;
  }

  std::string matrix(LayerId l) {
    const Layer& layer = network_.layers[l];
    const bool row = layer.kind == LayerKind::kFullyConnected;
    const std::string numbers = weights(l);
    onnx::TensorProto& bias =
        constant(layer.name + ".bias", onnx::TensorProto::FLOAT, {layer.out_channels});
    for (const float value : quantizer_.real_layer(l, policy_.layers[l].weight).bias)
      bias.add_float_data(value);
    const std::string x = entering(layer.inputs, layer.name, row);
    onnx::NodeProto& made = node(row ? "Gemm" : "Conv", layer.name, {x, numbers, bias.name()});
    if (row) {
      set(made, "transB", std::int64_t{1});
    } else {
      set_windows(made, layer, true);
      set(made, "group", std::int64_t{layer.groups});
    }
    return layer.name;
  }

  std::string reduction(LayerId l) {
    const Layer& layer = network_.layers[l];
    const std::string x = entering(layer.inputs, layer.name, false);
    if (layer.kind == LayerKind::kSum && layer.rows() == 1) return x;
    if (layer.kind == LayerKind::kSum && !layer.average)
      refuse(l, "sums up a window: ONNX has averages only");
    onnx::NodeProto& made =
        node(layer.kind == LayerKind::kMaximum ? "MaxPool" : "AveragePool", layer.name, {x});
    set_windows(made, layer, layer.kind == LayerKind::kMaximum);
    if (layer.ceil_mode) set(made, "ceil_mode", std::int64_t{1});
    if (layer.counts_padding) set(made, "count_include_pad", std::int64_t{1});
    return layer.name;
  }

  std::string with_function(LayerId l, const std::string& x) {
    const Layer& layer = network_.layers[l];
    const std::string name = layer.name + ".function";
    switch (layer.function.kind) {
      case Function::Kind::kNone:
        return x;
      case Function::Kind::kRelu:
        node("Relu", name, {x});
        return name;
      case Function::Kind::kClip:
        node("Clip", name,
             {x, number(name + ".low", static_cast<float>(layer.function.low)),
              number(name + ".high", static_cast<float>(layer.function.high))});
        return name;
      default:
        refuse(l, fmt::format("{} by table: what it is asked is rounded, which no pair of "
                              "QuantizeLinear and DequantizeLinear says",
                              layer.function.to_string()));
    }
  }

  /// Everything of a stage up to the numbers that its integers stand for.
  std::string stage(LayerId l) {
    const Layer& layer = network_.layers[l];
    std::string x = layer.has_weights() ? matrix(l) : reduction(l);
    if (!layer.residual.empty()) {
      const std::string name = layer.name + ".sum";
      node("Add", name, {x, entering(layer.residual, name, is_row(l))});
      x = name;
    }
    x = with_function(l, x);
    if (layer.pool > 1) {
      const std::string name = layer.name + ".pool";
      onnx::NodeProto& made = node("MaxPool", name, {x});
      set(made, "kernel_shape", {layer.pool, layer.pool});
      set(made, "strides", {layer.pool, layer.pool});
      x = name;
    }
    if (network_.is_output(l)) return x;
    // A maximum is one of the integers that entered.
    const bool chosen =
        layer.kind == LayerKind::kMaximum && layer.function.is_none() &&
        tensors_.bits(layer.inputs.front(), policy_) == tensors_.bits(output_of(l), policy_);
    return chosen ? x : rounded(x, output_of(l));
  }

  std::string rounded(std::string x, TensorId map) {
    const bool is_signed = tensors_.is_signed(map);
    const int bits = tensors_.bits(map, policy_);
    const std::string name =
        map == kImage ? "image.map" : network_.layers[producer_of(map)].name + ".map";
    const LayerId maker = map == kImage ? LayerId{0} : producer_of(map);
    if (bits > kByteBits) refuse(maker, fmt::format("a map of {} bits: must have at most 8", bits));
    const int largest = (1 << (is_signed ? bits - 1 : bits)) - 1;
    const int least = is_signed ? -(1 << (bits - 1)) : 0;
    const auto at = static_cast<std::size_t>(bits);
    const float step = map == kImage ? static_cast<float>(1 << (kByteBits - bits)) / 255.0f
                                     : step_of(quantizer_.clips().activation[map][at], largest);
    if (bits < kByteBits) {
      node("Clip", name + ".clipped",
           {x, number(name + ".low", real_number(step, least)),
            number(name + ".high", real_number(step, largest))});
      x = name + ".clipped";
    }
    number(name + ".step", step);
    constant(name + ".zero", is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8, {})
        .add_int32_data(0);
    node("QuantizeLinear", name + ".integers", {x, name + ".step", name + ".zero"});
    node("DequantizeLinear", name, {name + ".integers", name + ".step", name + ".zero"});
    return name;
  }

  Quantizer& quantizer_;
  const Policy& policy_;
  const Network& network_;
  const Tensors tensors_;
  onnx::ModelProto model_;
  IndexedVector<TensorId, std::string> maps_;  ///< what stands for each
};

}  // namespace

std::string export_onnx(Quantizer& quantizer, const Policy& policy) {
  return OnnxExport(quantizer, policy).bytes();
}

}  // namespace kirchhoff::quant
