#include "quant/import/onnx.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "base/input_file.h"
#include "base/quote.h"
#include "quant/import/converters.h"
#include "quant/import/graph_import.h"
#include "quant/import/onnx_model.h"
#include "quant/import/onnx_node.h"
#include "quant/network/graph_readers.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

/// protobuf takes no file beyond 2 GiB; the largest network here has 1 GiB of weights.
constexpr std::size_t kMaxBytes = std::size_t{1} << 30;

ImportedMap image_of(const onnx::ValueInfoProto& input, const std::string& where) {
  const std::string here = fmt::format("{}: input {}", where, quote(input.name()));
  const auto& tensor = input.type().tensor_type();
  if (!input.type().has_tensor_type() || tensor.elem_type() != onnx::TensorProto::FLOAT) {
    throw InputError(
        fmt::format("{}: data type {}: must be a tensor of float32", here, tensor.elem_type()));
  }
  ImportedMap image;
  image.value = kImageValue;
  for (const auto& side : tensor.shape().dim()) image.dims.push_back(side.dim_value());
  const auto fits = [&](std::size_t axis) {
    const int most = axis == 0 ? 1 : axis == 1 ? kMaxChannels : kMaxSide;
    return image.dims[axis] >= 1 && image.dims[axis] <= most;
  };
  bool all = image.dims.size() >= 2 && image.dims.size() <= 4;
  for (std::size_t axis = 0; all && axis < image.dims.size(); ++axis) all = fits(axis);
  if (!all) {
    throw InputError(fmt::format(
        "{}: sides {}: must be a batch of 1 or a symbolic one, 1 to {} channels, and at most a row "
        "and a column of 1 to {}",
        here, to_string(image.dims), kMaxChannels, kMaxSide));
  }
  check_map(here, "image", shape_of(image.dims).value());
  return image;
}

/// Two readers of one file that see different sides in it: one of them is wrong.
void check_sides(const OnnxModel& model, const GraphImport& network,
                 const std::map<std::string, Dims>& inferred, const std::string& where) {
  int number = 0;
  for (const auto& proto : model.proto().graph().node()) {
    const OnnxNode node(proto, number++, model.opset(), where);
    const ImportedMap* const map = network.find_map(node.output());
    const auto expected = inferred.find(node.output());
    if (map == nullptr || !map->padding.empty() || expected == inferred.end()) continue;
    if (map->dims == expected->second) continue;
    throw InputError(fmt::format("{}: makes {}, but {} by ONNX's rules", node.where(),
                                 to_string(map->dims), to_string(expected->second)));
  }
}

}  // namespace

ImportedNetwork parse_onnx(const std::string& bytes, const std::string& name,
                           const std::string& where) {
  OnnxModel model(bytes, where);
  const onnx::GraphProto& graph = model.proto().graph();
  GraphImport network(plain_name(name, "network"), image_of(model.image(), where),
                      model.image().name(), model.readers());
  network.set_output(model.output());
  for (const std::string& note : model.notes()) network.note(note);
  const std::map<std::string, int> readers = model.readers();
  for (const onnx::TensorProto& tensor : graph.initializer()) {
    if (readers.count(tensor.name()) == 0) continue;
    const std::string here = fmt::format("{}: initializer {}", where, quote(tensor.name()));
    network.define_constant(tensor.name(), read_constant(tensor, here));
  }
  int number = 0;
  for (const onnx::NodeProto& proto : graph.node()) {
    const OnnxNode node(proto, number++, model.opset(), where);
    find_onnx_converter(node.op())->convert(node, network);
    node.check_all_read();
  }
  check_sides(model, network, model.infer_sides(), where);
  return network.take(where);
}

ImportedNetwork read_onnx(const std::string& path) {
  return parse_onnx(file_bytes(path, kMaxBytes), std::filesystem::path(path).stem().string(),
                    shown_path(path));
}

std::vector<std::string> onnx_operators() {
  std::vector<std::string> names;
  for (const OnnxConverter& converter : onnx_converters()) names.emplace_back(converter.op);
  std::sort(names.begin(), names.end());
  return names;
}

void add_onnx_reader() {
  add_graph_reader({".onnx", [](const std::string& path) { return read_onnx(path).described(); }});
}

}  // namespace kirchhoff::quant
