#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <onnx/onnx_pb.h>

namespace kirchhoff::quant {

/// Writes small ONNX models: one image, nodes one behind the other.
class OnnxWriter {
 public:
  explicit OnnxWriter(int opset = 13, const std::vector<std::int64_t>& image = {1, 2, 6, 6}) {
    model_.set_ir_version(7);
    model_.add_opset_import()->set_version(opset);
    model_.mutable_graph()->set_name("small");
    describe(*model_.mutable_graph()->add_input(), "image", image);
  }

  onnx::ModelProto& proto() { return model_; }
  onnx::GraphProto& graph() { return *model_.mutable_graph(); }

  /// A node NAME that makes the value NAME.
  onnx::NodeProto& node(const std::string& op, const std::string& name,
                        std::initializer_list<const char*> inputs) {
    onnx::NodeProto& made = *graph().add_node();
    made.set_op_type(op);
    made.set_name(name);
    for (const char* input : inputs) made.add_input(input);
    made.add_output(name);
    return made;
  }
  void numbers(const std::string& name, const std::vector<std::int64_t>& sides, float first,
               float step = 0) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t side : sides) tensor.add_dims(side), count *= side;
    for (std::int64_t i = 0; i < count; ++i)
      tensor.add_float_data(first + step * static_cast<float>(i));
  }
  void values(const std::string& name, const std::vector<std::int64_t>& sides,
              const std::vector<float>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t side : sides) tensor.add_dims(side);
    for (const float value : values) tensor.add_float_data(value);
  }
  /// Integers of 8 bits; a scalar without sides.
  void bytes(const std::string& name, const std::vector<std::int64_t>& sides,
             const std::vector<int>& values, bool is_signed = true) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(is_signed ? onnx::TensorProto::INT8 : onnx::TensorProto::UINT8);
    for (const std::int64_t side : sides) tensor.add_dims(side);
    for (const int value : values) tensor.add_int32_data(value);
  }
  void integers(const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
  }
  /// The bytes of the model that ends with this value, which has so many sides.
  std::string bytes(const std::string& output, int rank = 4) {
    graph().clear_output();
    onnx::ValueInfoProto& value = *graph().add_output();
    value.set_name(output);
    onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    tensor.mutable_shape();
    for (int i = 0; i < rank; ++i) tensor.mutable_shape()->add_dim();
    return model_.SerializeAsString();
  }

  static void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
  }
  static void set(onnx::NodeProto& node, const std::string& name,
                  const std::vector<std::int64_t>& values) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
  }
  static void set_number(onnx::NodeProto& node, const std::string& name, float value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
  }
  static void set_text(onnx::NodeProto& node, const std::string& name, const std::string& value) {
    onnx::AttributeProto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
  }

 private:
  static void describe(onnx::ValueInfoProto& value, const std::string& name,
                       const std::vector<std::int64_t>& sides) {
    value.set_name(name);
    onnx::TypeProto::Tensor& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    for (const std::int64_t side : sides) {
      auto* const dim = tensor.mutable_shape()->add_dim();
      if (side < 0) {
        dim->set_dim_param("batch");
      } else {
        dim->set_dim_value(side);
      }
    }
  }

  onnx::ModelProto model_;
};

}  // namespace kirchhoff::quant
