#include <algorithm>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "quant/network/networks.h"
#include "quant/network/ops/attributes.h"
#include "quant/network/ops/convolution.h"
#include "quant/network/ops/function.h"
#include "quant/network/ops/linear.h"
#include "quant/network/ops/max_pool.h"

namespace kirchhoff::quant {
namespace {

Shape read_image(const nlohmann::json& root, const std::string& where) {
  const auto& image = member(root, "image", where);
  const std::string here = where + ": image";
  check_keys(image, here, {"channels", "height", "width"});
  Shape shape;
  shape.channels = static_cast<int>(integer_member(image, "channels", here, 1, kMaxChannels));
  shape.height = static_cast<int>(integer_member(image, "height", here, 1, kMaxSide));
  shape.width = static_cast<int>(integer_member(image, "width", here, 1, kMaxSide));
  return shape;
}

std::string read_name(const nlohmann::json& object, const std::string& where) {
  if (!object.is_object()) {
    throw InputError(fmt::format("{}: {}: must be an object", where, quoted(object)));
  }
  const std::string name = string_member(object, "name", where);
  check_network_name(where, name);
  return name;
}

// "layers": a chain of matrices. ReLU follows each but the last, then max-pooling.

void append_layer(Graph& graph, const nlohmann::json& object, const std::string& where, bool last) {
  const std::string name = read_name(object, where);
  const std::string here = fmt::format("{} ({})", where, name);
  const std::string kind = string_member(object, "kind", here);
  const auto out_channels = [&] {
    return static_cast<int>(integer_member(object, "out_channels", here, 1, kMaxChannels));
  };
  int pool = 1;
  if (kind == "fully_connected") {
    check_keys(object, here, {"name", "kind", "out_channels"});
    graph.append(name, linear(out_channels()), here);
  } else if (kind == "convolution") {
    check_keys(object, here,
               {"name", "kind", "out_channels", "kernel", "stride", "padding", "pool"});
    ConvolutionAttributes a;
    a.out_channels = out_channels();
    a.sweep = read_sweep(object, here, false);
    pool = optional_integer(object, "pool", here, 1, kMaxSide, 1);
    graph.append(name, convolution(a), here);
  } else {
    throw InputError(fmt::format("{}: kind = {}: must be \"convolution\" or \"fully_connected\"",
                                 here, quoted_text(kind)));
  }
  if (last && pool != 1) {
    throw InputError(fmt::format(
        "{}: pool = {}: must be 1, because the last layer delivers its accumulators", here, pool));
  }
  if (!last) graph.append(name + ".relu", apply(Function::relu()), here);
  if (pool == 1) return;
  const Shape map = graph.shape(graph.result());
  if (pool > std::min(map.height, map.width)) {
    throw InputError(fmt::format("{}: pool = {}: must be in [1, {}]", here, pool,
                                 std::min(map.height, map.width)));
  }
  graph.append(name + ".pool", max_pool({pool, pool, 1, 0}), here);
}

// "operators": a graph. Each reads the one before it unless it says what it reads.

class OperatorReader {
 public:
  explicit OperatorReader(Graph& graph) : graph_(graph) { values_["image"] = kImageValue; }

  void append(const nlohmann::json& object, const std::string& where) {
    const std::string name = read_name(object, where);
    const std::string here = fmt::format("{} ({})", where, name);
    const std::string kind = string_member(object, "kind", here);
    const OperatorType* const type = find_operator(kind);
    if (type == nullptr) {
      std::vector<std::string> kinds;
      for (const OperatorType& known : operator_types()) kinds.push_back(known.kind);
      throw InputError(fmt::format("{}: kind = {}: must be one of {}", here, quoted_text(kind),
                                   fmt::join(kinds, ", ")));
    }
    check_keys_of(object, *type, here);
    const std::vector<ValueId> inputs = read_inputs(object, here);
    const ValueId value = graph_.append(name, type->read(object, here), inputs, here);
    if (!values_.emplace(name, value).second) {
      throw InputError(fmt::format("{}: the name is used twice", here));
    }
  }

 private:
  static void check_keys_of(const nlohmann::json& object, const OperatorType& type,
                            const std::string& where) {
    std::vector<std::string> allowed = {"name", "kind", "inputs"};
    allowed.insert(allowed.end(), type.keys.begin(), type.keys.end());
    for (const auto& item : object.items()) {
      if (std::find(allowed.begin(), allowed.end(), item.key()) != allowed.end()) continue;
      throw InputError(fmt::format("{}: unknown key {}: must be one of {}", where,
                                   quoted_text(item.key()), fmt::join(allowed, ", ")));
    }
  }

  std::vector<ValueId> read_inputs(const nlohmann::json& object, const std::string& where) const {
    if (!object.contains("inputs")) return {graph_.result()};
    std::vector<ValueId> inputs;
    for (const auto& entry : array_member(object, "inputs", where)) {
      const auto found = entry.is_string() ? values_.find(entry.get<std::string>()) : values_.end();
      if (found == values_.end()) {
        throw InputError(
            fmt::format("{}: inputs: {}: must be \"image\" or the name of an operator before it",
                        where, quoted(entry)));
      }
      inputs.push_back(found->second);
    }
    return inputs;
  }

  Graph& graph_;
  std::map<std::string, ValueId> values_;
};

}  // namespace

Graph parse_graph(const std::string& json, const std::string& where) {
  const auto root = parse_json(json, where);
  check_keys(root, where, {"name", "image", "layers", "operators"});
  const std::string name = string_member(root, "name", where);
  check_network_name(where, name);
  Graph graph(name, read_image(root, where));
  const bool chain = root.contains("layers");
  if (chain == root.contains("operators")) {
    throw InputError(
        fmt::format("{}: must have one of \"layers\" (a chain) and \"operators\"", where));
  }
  const char* const key = chain ? "layers" : "operators";
  const auto& entries = array_member(root, key, where);
  if (entries.empty() || entries.size() > kMaxLayers) {
    throw InputError(fmt::format("{}: {}: {} entries: must be in [1, {}]", where, key,
                                 entries.size(), kMaxLayers));
  }
  OperatorReader reader(graph);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string here = fmt::format("{}: {}[{}]", where, key, i);
    if (chain) {
      append_layer(graph, entries[i], here, i + 1 == entries.size());
    } else {
      reader.append(entries[i], here);
    }
  }
  return graph;
}

std::string graph_json(const Graph& graph) {
  nlohmann::ordered_json root;
  const Shape& image = graph.image();
  root["name"] = graph.name();
  root["image"] = {{"channels", image.channels}, {"height", image.height}, {"width", image.width}};
  for (const Node& node : graph.nodes()) {
    nlohmann::ordered_json entry;
    entry["name"] = node.name;
    entry["kind"] = node.op->kind();
    for (const ValueId input : node.inputs) entry["inputs"].push_back(graph.name_of(input));
    entry.update(node.op->attributes());
    root["operators"].push_back(entry);
  }
  return json_text(root);
}

}  // namespace kirchhoff::quant
