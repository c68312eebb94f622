#include "quant/model/model.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/input_file.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "quant/model/file_clips.h"
#include "quant/model/tensor_file.h"
#include "quant/network/lower.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kKind = "KIRCHHOFF-MODEL 1";
constexpr std::size_t kMaxBytes = std::size_t{1} << 31;

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

Model load_model(const std::string& path, const Network& network) {
  TensorFile file = decode_tensor_file(kKind, file_bytes(path, kMaxBytes), path);
  const std::string where = fmt::format("{}: offset {}", path, std::string(kKind).size() + 1);
  const nlohmann::json header = file.header;
  check_keys(header, where, {"network", "dataset", "provenance", "clips"});

  Model model;
  model.network = network;
  model.dataset = string_member(header, "dataset", where);
  member(header, "provenance", where);
  const auto& provenance = file.header["provenance"];
  model.provenance = provenance.is_string() ? provenance.get<std::string>() : json_line(provenance);
  const std::string name = string_member(header, "network", where);
  if (name != network.name) {
    throw InputError(fmt::format("{}: network = {}: must be \"{}\", the network in use", where,
                                 quoted_text(name), network.name));
  }
  if (header.contains("clips")) {
    const auto& clips = header["clips"];
    check_keys(clips, where + ": clips", {"policy", "weight", "activation", "channel"});
    const int layers = network.layers.size();
    const std::string policy = string_member(clips, "policy", where + ": clips");
    read_members(where, "clips", [&] { policy_from_text(policy, network); });
    model.clips = TunedClips{policy, read_clips<LayerId>(clips, "weight", layers, where),
                             read_clips<TensorId>(clips, "activation", layers, where),
                             read_channel_clips(clips, network, where + ": clips")};
  }
  const std::vector<NamedTensor> expected = expected_tensors(network);
  if (file.tensors.size() != expected.size()) {
    throw InputError(
        fmt::format("{}: {} tensors: must be {}, a weight and a bias for every layer of {}", where,
                    file.tensors.size(), expected.size(), network.name));
  }
  model.layers.resize(network.layers.size());
  const std::vector<LayerId> with_weights = network.weight_layers();
  for (std::size_t t = 0; t < expected.size(); ++t) {
    NamedTensor& tensor = file.tensors[t];
    if (tensor.name != expected[t].name || tensor.shape != expected[t].shape) {
      throw InputError(fmt::format("{}: tensors[{}] = {} {}: must be {} {}", where, t,
                                   quoted_text(tensor.name), text(tensor.shape), expected[t].name,
                                   text(expected[t].shape)));
    }
    model.half = model.half || tensor.half;
    FloatLayer& layer = model.layers[with_weights[t / 2]];
    (t % 2 == 0 ? layer.weights : layer.bias) = std::move(tensor.values);
  }
  return model;
}

void save_model(const Model& model, const std::string& path) {
  TensorFile file;
  file.header["network"] = model.network.name;
  file.header["dataset"] = model.dataset;
  file.header["provenance"] = object_or_text(model.provenance);
  if (model.clips) {
    file.header["clips"] = {{"policy", model.clips->policy},
                            {"weight", model.clips->weight.items()},
                            {"activation", model.clips->activation.items()}};
    if (!model.clips->channel.empty())
      file.header["clips"]["channel"] = model.clips->channel.items();
  }
  file.tensors = expected_tensors(model.network);
  const std::vector<LayerId> with_weights = model.network.weight_layers();
  for (std::size_t t = 0; t < file.tensors.size(); ++t) {
    const FloatLayer& layer = model.layers.at(with_weights[t / 2]);
    file.tensors[t].half = model.half;
    file.tensors[t].values = t % 2 == 0 ? layer.weights : layer.bias;
  }
  write_file_atomically(path, encode_tensor_file(kKind, file));
}

std::string find_model(const std::string& network, const std::string& dataset) {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  const std::string file = fmt::format("{}-{}.kmodel", network, dataset);
  std::vector<std::string> folders;
  for (const auto& folder :
       {program / "models", program.parent_path() / "share/kirchhoff/models"}) {
    const auto path = folder / file;
    if (std::filesystem::exists(path, error)) return path.string();
    folders.push_back(folder.string());
  }
  throw InputError(
      fmt::format("no trained model {} in {}: train one with `kirchhoff train --network {} "
                  "--dataset {}`",
                  file, fmt::join(folders, " or "), network, dataset));
}

}  // namespace kirchhoff::quant
