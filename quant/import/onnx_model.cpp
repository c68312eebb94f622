#include "quant/import/onnx_model.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/checker.h>
#include <onnx/defs/schema.h>
#include <onnx/onnx_pb.h>
#include <onnx/shape_inference/implementation.h>

#include "base/error.h"
#include "base/quote.h"
#include "quant/import/converters.h"
#include "quant/import/onnx_node.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

constexpr int kOldestOpset = 7, kNewestOpset = 17;
/// Newest version of the file format whose news concern only types that are refused anyway.
constexpr int kNewestFormat = 10;
constexpr std::size_t kLongestMessage = 300;

bool is_onnx(const std::string& domain) { return domain.empty() || domain == "ai.onnx"; }

/// The first version of an operator that is what it is in this opset; 0: there is none.
int since(const std::string& op, int opset) {
  const onnx::OpSchema* const schema = onnx::OpSchemaRegistry::Schema(op, opset, "");
  return schema == nullptr ? 0 : schema->since_version();
}

/// What ONNX's own code threw, on one line.
std::string line_of(const std::exception& error) {
  std::string text = error.what();
  std::replace(text.begin(), text.end(), '\n', ' ');
  while (!text.empty() && text.back() == ' ') text.pop_back();
  return quote(text, kLongestMessage);
}

}  // namespace

OnnxModel::OnnxModel(const std::string& bytes, const std::string& where)
    : where_(where), proto_(std::make_unique<onnx::ModelProto>()) {
  if (!proto_->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
      !proto_->has_graph()) {
    throw InputError(fmt::format("{}: is no ONNX model, or not all of one", where_));
  }
  check_operators();
  opset_ = find_opset();
  check_form();
  drop_dead_nodes();
  find_image();
}

OnnxModel::~OnnxModel() = default;

// Said before anything else: it is the one thing that no change of the file's form helps against.
void OnnxModel::check_operators() const {
  const auto& nodes = proto_->graph().node();
  if (nodes.size() > kMaxLayers * 16) {
    throw InputError(
        fmt::format("{}: {} nodes: must be at most {}", where_, nodes.size(), kMaxLayers * 16));
  }
  for (const bool foreign : {true, false}) {
    for (int i = 0; i < nodes.size(); ++i) {
      const std::string& domain = nodes[i].domain();
      const OnnxConverter* const converter = find_onnx_converter(nodes[i].op_type());
      const bool known = foreign ? is_onnx(domain) || is_qonnx(domain)
                                 : converter != nullptr && converter->qonnx == is_qonnx(domain);
      if (known) continue;
      throw InputError(fmt::format("{}: is not supported: must be one of {}",
                                   OnnxNode(nodes[i], i, 0, where_).where(),
                                   fmt::join(onnx_operators(), ", ")));
    }
  }
}

int OnnxModel::find_opset() const {
  std::int64_t opset = 0;
  for (const auto& import : proto_->opset_import()) {
    if (is_onnx(import.domain())) opset = import.version();
  }
  if (opset < 1 || opset > kNewestOpset) {
    throw InputError(fmt::format("{}: opset {}: must be in [{}, {}]", where_, opset, kOldestOpset,
                                 kNewestOpset));
  }
  const int found = static_cast<int>(opset);
  if (found >= kOldestOpset) return found;
  // An older one will do where every operator is what it is in the oldest that is read.
  const auto& nodes = proto_->graph().node();
  for (int i = 0; i < nodes.size(); ++i) {
    if (since(nodes[i].op_type(), found) == since(nodes[i].op_type(), kOldestOpset)) continue;
    throw InputError(fmt::format("{}: of opset {}: must be in [{}, {}]",
                                 OnnxNode(nodes[i], i, found, where_).where(), found, kOldestOpset,
                                 kNewestOpset));
  }
  return found;
}

void OnnxModel::check_form() const {
  // Not every writer says which version of QONNX's operators it means; there is one.
  for (const auto& node : proto_->graph().node()) {
    const auto& imports = proto_->opset_import();
    const bool said = std::any_of(imports.begin(), imports.end(), [&](const auto& import) {
      return import.domain() == node.domain();
    });
    if (said || !is_qonnx(node.domain())) continue;
    onnx::OperatorSetIdProto& import = *proto_->add_opset_import();
    import.set_domain(node.domain());
    import.set_version(1);
  }
  if (proto_->graph().output_size() != 1) {
    throw InputError(
        fmt::format("{}: {} outputs: must be 1", where_, proto_->graph().output_size()));
  }
  if (proto_->ir_version() > kNewestFormat) {
    throw InputError(fmt::format("{}: format version {}: must be at most {}", where_,
                                 proto_->ir_version(), kNewestFormat));
  }
  const auto known = static_cast<std::int64_t>(onnx::Version::IR_VERSION);
  if (proto_->ir_version() > known) proto_->set_ir_version(known);
  try {
    onnx::checker::check_model(*proto_);
  } catch (const std::exception& error) {
    throw InputError(fmt::format("{}: ONNX's checker refuses it: {}", where_, line_of(error)));
  }
}

void OnnxModel::drop_dead_nodes() {
  onnx::GraphProto& graph = *proto_->mutable_graph();
  std::set<std::string> read = {output()};
  std::vector<bool> alive(static_cast<std::size_t>(graph.node_size()));
  for (int i = graph.node_size(); i-- > 0;) {
    const onnx::NodeProto& node = graph.node(i);
    for (int o = 0; o < node.output_size(); ++o) {
      if (node.output(o).empty() || read.count(node.output(o)) == 0) continue;
      if (o > 0) {
        throw InputError(fmt::format("{}: output {} ({}): is read: must be the first one only",
                                     OnnxNode(node, i, opset_, where_).where(), o,
                                     quote(node.output(o))));
      }
      alive[static_cast<std::size_t>(i)] = true;
    }
    if (alive[static_cast<std::size_t>(i)]) read.insert(node.input().begin(), node.input().end());
  }
  google::protobuf::RepeatedPtrField<onnx::NodeProto> left;
  for (int i = 0; i < graph.node_size(); ++i) {
    if (alive[static_cast<std::size_t>(i)]) {
      *left.Add() = graph.node(i);
    } else {
      notes_.push_back(fmt::format("{}: left out, nobody reads what it makes",
                                   OnnxNode(graph.node(i), i, opset_, where_).where()));
    }
  }
  graph.mutable_node()->Swap(&left);
}

void OnnxModel::find_image() {
  onnx::GraphProto& graph = *proto_->mutable_graph();
  std::set<std::string> constants;
  for (const auto& tensor : graph.initializer()) constants.insert(tensor.name());
  std::vector<std::string> found;
  for (onnx::ValueInfoProto& input : *graph.mutable_input()) {
    if (constants.count(input.name()) != 0) continue;
    found.push_back(quote(input.name()));
    image_ = &input;
  }
  if (found.size() != 1) {
    throw InputError(fmt::format("{}: {} inputs without an initializer ({}): must be 1, the image",
                                 where_, found.size(), fmt::join(found, ", ")));
  }
  // A batch that is symbolic is one image.
  auto* const sides = image_->mutable_type()->mutable_tensor_type()->mutable_shape();
  if (sides->dim_size() > 0 && !sides->dim(0).has_dim_value())
    sides->mutable_dim(0)->set_dim_value(1);
}

const std::string& OnnxModel::output() const { return proto_->graph().output(0).name(); }

std::map<std::string, int> OnnxModel::readers() const {
  std::map<std::string, int> count;
  for (const auto& node : proto_->graph().node()) {
    for (const std::string& input : node.input()) ++count[input];
  }
  ++count[output()];
  return count;
}

std::map<std::string, std::vector<std::int64_t>> OnnxModel::infer_sides() {
  proto_->mutable_graph()->clear_value_info();  // claims, which may be stale
  try {
    onnx::shape_inference::InferShapes(*proto_, onnx::OpSchemaRegistry::Instance(),
                                       onnx::ShapeInferenceOptions(true, 1, true));
  } catch (const std::exception& error) {
    throw InputError(
        fmt::format("{}: ONNX's shape inference refuses it: {}", where_, line_of(error)));
  }
  std::map<std::string, std::vector<std::int64_t>> sides;
  const auto add = [&sides](const onnx::ValueInfoProto& value) {
    if (!value.type().has_tensor_type() || !value.type().tensor_type().has_shape()) return;
    std::vector<std::int64_t> found;
    for (const auto& side : value.type().tensor_type().shape().dim()) {
      if (!side.has_dim_value()) return;
      found.push_back(side.dim_value());
    }
    sides[value.name()] = found;
  };
  for (const auto& value : proto_->graph().value_info()) add(value);
  add(proto_->graph().output(0));
  return sides;
}

}  // namespace kirchhoff::quant
