#include "quant/model/model.h"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/program_folder.h"
#include "base/quote.h"
#include "quant/model/file_clips.h"
#include "quant/model/safetensors.h"
#include "quant/model/tensor_file.h"
#include "quant/network/lower.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kKind = "KIRCHHOFF-MODEL 1";
constexpr std::size_t kMaxBytes = std::size_t{1} << 31;
/// Of a safetensors file's metadata: what the first lines of ours say.
constexpr const char* kHeader = "kirchhoff";

std::string text(const std::vector<int>& shape) { return fmt::format("{}", fmt::join(shape, "x")); }

/// Name and shape of every tensor of a network, weights before bias, in the order of the layers.
std::vector<NamedTensor> expected_tensors(const Network& network) {
  std::vector<NamedTensor> tensors;
  for (const LayerId l : network.weight_layers()) {
    const Layer& layer = network.layers[l];
    tensors.push_back({layer.name + ".weight",
                       {layer.out_channels, layer.input.channels / layer.groups,
                        layer.kernel_height, layer.kernel_width},
                       {}});
    tensors.push_back({layer.name + ".bias", {layer.out_channels}, {}});
  }
  return tensors;
}

template <class Id>
IndexedVector<Id, float> read_clips(const nlohmann::json& clips, const char* key, int count,
                                    const std::string& where) {
  IndexedVector<Id, float> values;
  for (const auto& value : array_member(clips, key, where)) {
    const double clip = value.is_number() ? value.get<double>() : 0.0;
    if (!(clip > 0.0 && clip < 1e30)) {
      throw InputError(fmt::format("{}: clips: {}[{}] = {}: must be a positive number", where, key,
                                   values.size(), quoted(value)));
    }
    values.push_back(static_cast<float>(clip));
  }
  if (values.size() != count) {
    throw InputError(fmt::format("{}: clips: {} {} clips: must be {}, one for every layer", where,
                                 values.size(), key, count));
  }
  return values;
}

/// Linear where nothing is said.
WeightQuantizer read_weight_quantizer(const nlohmann::json& clips, const std::string& where) {
  if (!clips.contains("weight_quantizer")) return WeightQuantizer::kLinear;
  const std::string name = string_member(clips, "weight_quantizer", where);
  const std::optional<WeightQuantizer> named = weight_quantizer_of(name);
  if (!named) {
    throw InputError(fmt::format("{}: weight_quantizer = {}: must be linear or kmeans", where,
                                 quoted_text(name)));
  }
  return *named;
}

/// Of the layers whose channels have clips of their own; the others have none.
IndexedVector<LayerId, std::vector<float>> read_channel_clips(const nlohmann::json& clips,
                                                              const Network& network,
                                                              const std::string& where) {
  IndexedVector<LayerId, std::vector<float>> channels;
  if (!clips.contains("channel")) return channels;
  const auto& rows = array_member(clips, "channel", where);
  if (rows.size() != network.layers.items().size()) {
    throw InputError(fmt::format("{}: channel: {} lists: must be {}, one for every layer", where,
                                 rows.size(), network.layers.size()));
  }
  for (const LayerId l : network.layers.ids()) {
    const auto& row = rows[static_cast<std::size_t>(index(l))];
    std::vector<float>& values = channels.emplace_back();
    if (!row.is_array() || row.empty()) continue;
    const Layer& layer = network.layers[l];
    const int count = layer.has_weights() && !network.is_output(l) ? layer.out_channels : 0;
    values = read_clips<LayerId>({{layer.name, row}}, layer.name.c_str(), count, where).items();
  }
  return channels;
}

nlohmann::ordered_json object_or_text(const std::string& provenance) {
  try {
    auto value = parse_ordered_json(provenance, "provenance");
    if (value.is_object()) return value;
  } catch (const InputError&) {
    // A sentence that somebody wrote.
  }
  return provenance;
}

}  // namespace

std::optional<Model> described_model(const DescribedNetwork& network, const std::string& dataset) {
  if (!network.parameters) return std::nullopt;
  const Lowered lowered = lower(network.graph);
  Model model;
  model.network = lowered.network;
  model.dataset = dataset;
  model.layers = fold(network.graph, lowered, *network.parameters);
  model.provenance = "weights of the network's file";
  if (!network.steps.empty()) model.clips = file_clips(network, lowered);
  return model;
}

namespace {

/// A model's file of either kind, before it is known to suit a network.
struct ModelFile {
  std::optional<nlohmann::ordered_json> header;  ///< none: some other program's
  std::vector<NamedTensor> tensors;
  std::string path, where;  ///< where the header is, for messages

  const NamedTensor* find(const std::string& name) const {
    const auto found = std::find_if(tensors.begin(), tensors.end(),
                                    [&](const NamedTensor& t) { return t.name == name; });
    return found == tensors.end() ? nullptr : &*found;
  }
};

bool is_safetensors(const std::string& path) {
  return std::filesystem::path(path).extension() == kModelSuffix;
}

ModelFile read_model_file(const std::string& path) {
  const std::string bytes = file_bytes(path, kMaxBytes);
  ModelFile file;
  file.path = path;
  if (!is_safetensors(path)) {
    TensorFile own = decode_tensor_file(kKind, bytes, path);
    file.where = fmt::format("{}: offset {}", path, std::string(kKind).size() + 1);
    file.header = std::move(own.header);
    file.tensors = std::move(own.tensors);
    return file;
  }
  SafeTensors foreign = decode_safetensors(bytes, path);
  file.where = path;
  if (const auto own = foreign.metadata.find(kHeader); own != foreign.metadata.end())
    file.header = parse_ordered_json(own->second, fmt::format("{}: {}", path, kHeader));
  file.tensors = std::move(foreign.tensors);
  return file;
}

/// What the program's own header says of the model.
void read_header(const ModelFile& file, const Network& network, Model& model) {
  model.network = network;
  if (!file.header) {
    model.provenance = "weights of another program";
    return;
  }
  const std::string& where = file.where;
  const nlohmann::json header = *file.header;
  check_keys(header, where, {"network", "dataset", "provenance", "clips"});
  model.dataset = string_member(header, "dataset", where);
  member(header, "provenance", where);
  const auto& provenance = (*file.header)["provenance"];
  model.provenance = provenance.is_string() ? provenance.get<std::string>() : json_line(provenance);
  const std::string name = string_member(header, "network", where);
  if (name != network.name) {
    throw InputError(fmt::format("{}: network = {}: must be \"{}\", the network in use", where,
                                 quoted_text(name), network.name));
  }
  if (header.contains("clips")) {
    const auto& clips = header["clips"];
    check_keys(clips, where + ": clips",
               {"policy", "weight", "activation", "channel", "weight_quantizer"});
    const int layers = network.layers.size();
    const std::string policy = string_member(clips, "policy", where + ": clips");
    read_members(where, "clips", [&] { policy_from_text(policy, network); });
    model.clips = TunedClips{policy, read_clips<LayerId>(clips, "weight", layers, where),
                             read_clips<TensorId>(clips, "activation", layers, where),
                             read_channel_clips(clips, network, where + ": clips"),
                             read_weight_quantizer(clips, where + ": clips")};
  }
}

/// The tensors of the network's stages, in order and nothing else.
void read_layers(ModelFile& file, Model& model) {
  const Network& network = model.network;
  const std::vector<NamedTensor> expected = expected_tensors(network);
  if (file.tensors.size() != expected.size()) {
    throw InputError(
        fmt::format("{}: {} tensors: must be {}, a weight and a bias for every layer of {}",
                    file.where, file.tensors.size(), expected.size(), network.name));
  }
  model.layers.resize(network.layers.size());
  const std::vector<LayerId> with_weights = network.weight_layers();
  for (std::size_t t = 0; t < expected.size(); ++t) {
    NamedTensor& tensor = file.tensors[t];
    if (tensor.name != expected[t].name || tensor.shape != expected[t].shape) {
      throw InputError(fmt::format("{}: tensors[{}] = {} {}: must be {} {}", file.where, t,
                                   quoted_text(tensor.name), text(tensor.shape), expected[t].name,
                                   text(expected[t].shape)));
    }
    model.half = model.half || tensor.half;
    FloatLayer& layer = model.layers[with_weights[t / 2]];
    (t % 2 == 0 ? layer.weights : layer.bias) = std::move(tensor.values);
  }
}

/// What PyTorch calls an operator's parameter.
std::string foreign_name(const std::string& parameter) {
  if (parameter == "weights" || parameter == "scale") return "weight";
  if (parameter == "shift") return "bias";
  if (parameter == "mean" || parameter == "variance") {
    return parameter == "mean" ? "running_mean" : "running_var";
  }
  return parameter;
}

/// The parameters of a graph's operators under the names that PyTorch gives them.
IndexedVector<NodeId, Parameters> read_parameters(const ModelFile& file, const Graph& graph) {
  IndexedVector<NodeId, Parameters> all;
  std::size_t used = 0;
  for (const NodeId n : graph.nodes().ids()) {
    const Node& node = graph.nodes()[n];
    std::vector<Shape> shapes;
    for (const ValueId input : node.inputs) shapes.push_back(graph.shape(input));
    Parameters& parameters = all.emplace_back();
    for (const ParameterSize& size : node.op->parameters(shapes)) {
      const std::string name = fmt::format("{}.{}", node.name, foreign_name(size.name));
      const NamedTensor* const tensor = file.find(name);
      if (tensor == nullptr && size.name == "bias") {  // left out where it is none
        parameters.emplace_back(size.count, 0.0f);
        continue;
      }
      if (tensor == nullptr) {
        throw InputError(fmt::format(
            "{}: no tensor {}: must have {} values of it, what operator {} "
            "({}) of network {} has learnt",
            file.path, quoted_text(name), size.count, node.name, node.op->kind(), graph.name()));
      }
      if (tensor->values.size() != size.count) {
        throw InputError(fmt::format("{}: tensor {}: {} values, of sides {}: must be {}", file.path,
                                     quoted_text(name), tensor->values.size(), text(tensor->shape),
                                     size.count));
      }
      ++used;
      parameters.push_back(tensor->values);
    }
  }
  if (used != file.tensors.size()) {
    throw InputError(fmt::format("{}: {} tensors, of which network {} has {}: must be no others",
                                 file.path, file.tensors.size(), graph.name(), used));
  }
  return all;
}

}  // namespace

Model load_model(const std::string& path, const Network& network) {
  ModelFile file = read_model_file(path);
  Model model;
  read_header(file, network, model);
  read_layers(file, model);
  return model;
}

Model load_model(const std::string& path, const Graph& graph) {
  ModelFile file = read_model_file(path);
  const Lowered lowered = lower(graph);
  Model model;
  read_header(file, lowered.network, model);
  if (file.header) {
    read_layers(file, model);
  } else {
    model.layers = fold(graph, lowered, read_parameters(file, graph));
  }
  return model;
}

void save_model(const Model& model, const std::string& path) {
  nlohmann::ordered_json header;
  header["network"] = model.network.name;
  header["dataset"] = model.dataset;
  header["provenance"] = object_or_text(model.provenance);
  if (model.clips) {
    header["clips"] = {{"policy", model.clips->policy},
                       {"weight", model.clips->weight.items()},
                       {"activation", model.clips->activation.items()}};
    if (!model.clips->channel.empty()) header["clips"]["channel"] = model.clips->channel.items();
    if (model.clips->weights != WeightQuantizer::kLinear)
      header["clips"]["weight_quantizer"] = weight_quantizer_name(model.clips->weights);
  }
  std::vector<NamedTensor> tensors = expected_tensors(model.network);
  const std::vector<LayerId> with_weights = model.network.weight_layers();
  for (std::size_t t = 0; t < tensors.size(); ++t) {
    const FloatLayer& layer = model.layers.at(with_weights[t / 2]);
    tensors[t].half = model.half;
    tensors[t].values = t % 2 == 0 ? layer.weights : layer.bias;
  }
  write_file_atomically(path, is_safetensors(path)
                                  ? encode_safetensors({{{kHeader, json_line(header)}}, tensors})
                                  : encode_tensor_file(kKind, {header, tensors}));
}

std::string model_in(const std::string& folder, const std::string& network,
                     const std::string& dataset) {
  std::error_code error;
  for (const char* const suffix : {".kmodel", kModelSuffix}) {
    const auto path =
        std::filesystem::path(folder) / fmt::format("{}-{}{}", network, dataset, suffix);
    if (std::filesystem::exists(path, error)) return path.string();
  }
  return "";
}

std::string find_model(const std::string& network, const std::string& dataset) {
  const std::filesystem::path program = program_folder();
  std::vector<std::string> folders;
  for (const auto& folder :
       {program / "models", program.parent_path() / "share/kirchhoff/models"}) {
    const std::string path = model_in(folder.string(), network, dataset);
    if (!path.empty()) return path;
    folders.push_back(folder.string());
  }
  throw InputError(
      fmt::format("no trained model {0}-{1}.kmodel in {2}: train one with `kirchhoff train "
                  "--network {0} --dataset {1}`",
                  network, dataset, fmt::join(folders, " or ")));
}

}  // namespace kirchhoff::quant
