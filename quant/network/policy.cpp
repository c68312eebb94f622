#include "quant/network/policy.h"

#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "quant/network/policy_formats.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {
namespace {

constexpr const char* kForms =
    "\"W6A4\" for every layer, a list such as \"8/8,5/7,8/8\" (weight/activation bits per layer) "
    "or the "
    "path of a JSON, CSV or HAQ file";

/// A run of decimal digits from `position` on, which moves behind it. Long runs saturate: they are
/// out of range anyway. -1 when there is no digit.
int read_digits(const std::string& text, std::size_t& position) {
  constexpr int kSaturated = 1'000'000;
  int value = -1;
  while (position < text.size() && text[position] >= '0' && text[position] <= '9') {
    value = (value < 0 ? 0 : value) * 10 + (text[position++] - '0');
    if (value > kSaturated) value = kSaturated;
  }
  return value;
}

void check_bits(const std::string& where, const char* what, int bits) {
  if (bits < kMinBits || bits > kMaxBits) {
    throw InputError(fmt::format("{}: {} bits = {}: must be in [{}, {}]", where, what, bits,
                                 kMinBits, kMaxBits));
  }
}

/// "W6A4" in either case; false when the text has another form.
bool read_uniform(const std::string& text, int& weight_bits, int& activation_bits) {
  std::size_t position = 0;
  const auto letter = [&](char upper) {
    const bool found =
        position < text.size() && (text[position] == upper || text[position] == upper + 32);
    ++position;
    return found;
  };
  if (!letter('W')) return false;
  weight_bits = read_digits(text, position);
  if (weight_bits < 0 || !letter('A')) return false;
  activation_bits = read_digits(text, position);
  return activation_bits >= 0 && position == text.size();
}

Policy read_list(const std::string& text, const Network& network, const std::string& where) {
  const std::vector<LayerId> named = network.weight_layers();
  std::vector<LayerBits> all;
  std::size_t position = 0;
  while (true) {
    const std::size_t n = all.size();
    const std::string entry = n < named.size() ? fmt::format("{}: entry {} (layer {})", where,
                                                             n + 1, network.layers[named[n]].name)
                                               : fmt::format("{}: entry {}", where, n + 1);
    LayerBits bits;
    bits.weight = read_digits(text, position);
    const bool slash = position < text.size() && text[position] == '/';
    if (bits.weight >= 0 && slash) ++position;
    bits.activation = slash ? read_digits(text, position) : -1;
    const bool ends = position == text.size() || text[position] == ',';
    if (bits.weight < 0 || bits.activation < 0 || !ends) {
      throw InputError(
          fmt::format("{}: must be weight bits, '/', activation bits, for example 6/4", entry));
    }
    check_bits(entry, "weight", bits.weight);
    check_bits(entry, "activation", bits.activation);
    all.push_back(bits);
    if (position == text.size()) break;
    ++position;
  }
  return policy_of_bits(network, all, where);
}

void check_count(std::size_t entries, const std::string& where, const Network& network) {
  const std::size_t expected = network.weight_layers().size();
  if (entries == expected) return;
  throw InputError(fmt::format("{}: {} entries: network {} has {} weight layers", where, entries,
                               network.name, expected));
}

/// [weight bits, activation bits]
LayerBits read_pair(const nlohmann::json& entry, const std::string& where, const Layer& layer) {
  if (!entry.is_array() || entry.size() != 2) {
    throw InputError(fmt::format("{}: {}: must be [weight bits, activation bits], such as [6, 4]",
                                 where, quoted(entry)));
  }
  LayerBits bits;
  bits.weight =
      static_cast<int>(integer_value(entry[0], where + ": weight bits", kMinBits, kMaxBits));
  bits.activation = reads_image(layer) && entry[1] == kUnquantised
                        ? kImageBits
                        : static_cast<int>(integer_value(entry[1], where + ": activation bits",
                                                         kMinBits, kMaxBits));
  return bits;
}

/// [[8, 8], [6, 4], …], or [8, 6, …]: activations that nobody quantises have the widest width of
/// the accuracy engine.
Policy read_entries(const nlohmann::json& root, const std::string& path, const Network& network) {
  check_count(root.size(), path, network);
  const bool weights_alone = !root.empty() && root.front().is_number();
  std::vector<LayerBits> all;
  for (const LayerId l : network.weight_layers()) {
    const std::size_t at = all.size();
    const auto& entry = root[at];
    const std::string where = fmt::format("{}: [{}] ({})", path, at, network.layers[l].name);
    if (weights_alone) {
      const auto bits = integer_value(entry, where + ": weight bits", kMinBits, kMaxBits);
      all.push_back({static_cast<int>(bits), kMaxSearchBits});
    } else {
      all.push_back(read_pair(entry, where, network.layers[l]));
    }
  }
  return policy_of_bits(network, all, path);
}

/// {"network": "lenet5", "layers": [{"name": "C1", "w": 8, "a": 8}, …]}
Policy read_named(const nlohmann::json& root, const std::string& path, const Network& network) {
  check_keys(root, path, {"network", "layers"});
  const std::string name = string_member(root, "network", path);
  if (name != network.name) {
    throw InputError(fmt::format("{}: network = {}: must be \"{}\", the network in use", path,
                                 quoted_text(name), network.name));
  }
  const auto& layers = array_member(root, "layers", path);
  check_count(layers.size(), path + ": layers", network);
  std::vector<LayerBits> all;
  for (const LayerId l : network.weight_layers()) {
    const std::size_t at = all.size();
    const auto& entry = layers[at];
    const std::string& name_of_layer = network.layers[l].name;
    const std::string where = fmt::format("{}: layers[{}] ({})", path, at, name_of_layer);
    check_keys(entry, where, {"name", "w", "a"});
    const std::string layer = string_member(entry, "name", where);
    if (layer != name_of_layer) {
      throw InputError(fmt::format("{}: name = {}: must be \"{}\", in the network's order", where,
                                   quoted_text(layer), name_of_layer));
    }
    LayerBits bits;
    bits.weight = static_cast<int>(integer_member(entry, "w", where, kMinBits, kMaxBits));
    bits.activation = static_cast<int>(integer_member(entry, "a", where, kMinBits, kMaxBits));
    all.push_back(bits);
  }
  return policy_of_bits(network, all, path);
}

Policy uniform_policy(const Network& network, int weight_bits, int activation_bits,
                      const std::string& where) {
  check_bits(where, "weight", weight_bits);
  check_bits(where, "activation", activation_bits);
  Policy policy{
      IndexedVector<LayerId, LayerBits>(network.layers.size(), {weight_bits, activation_bits})};
  fill_widths(network, policy);
  return policy;
}

}  // namespace

Policy Policy::uniform(const Network& network, int weight_bits, int activation_bits) {
  return uniform_policy(network, weight_bits, activation_bits,
                        fmt::format("policy W{}A{}", weight_bits, activation_bits));
}

double Policy::mean_weight_bits() const {
  double sum = 0.0;
  int count = 0;
  for (const LayerBits& bits : layers) {
    sum += bits.weight;
    count += bits.has_weights();
  }
  return count > 0 ? sum / count : 0.0;
}

std::string Policy::to_string() const {
  std::string text;
  for (const LayerBits& bits : layers) {
    if (!bits.has_weights()) continue;
    if (!text.empty()) text += ',';
    text += fmt::format("{}/{}", bits.weight, bits.activation);
  }
  return text;
}

bool reads_image(const Layer& layer) { return layer.inputs.front() == kImage; }

Policy policy_of_bits(const Network& network, const std::vector<LayerBits>& bits,
                      const std::string& where) {
  check_count(bits.size(), where, network);
  Policy policy;
  policy.layers.resize(network.layers.size());
  auto next = bits.begin();
  for (const LayerId l : network.weight_layers()) policy.layers[l] = *next++;
  check_widths(network, policy, where);
  fill_widths(network, policy);
  return policy;
}

bool is_policy_line(const std::string& text) {
  int weight_bits = 0;
  int activation_bits = 0;
  const bool list = !text.empty() && text.find_first_not_of("0123456789/,") == std::string::npos;
  return list || read_uniform(text, weight_bits, activation_bits);
}

Policy parse_policy_line(const std::string& text, const std::string& where,
                         const Network& network) {
  int weight_bits = 0;
  int activation_bits = 0;
  if (read_uniform(text, weight_bits, activation_bits))
    return uniform_policy(network, weight_bits, activation_bits, where);
  return read_list(text, network, where);
}

Policy policy_from_text(const std::string& text, const Network& network) {
  int weight_bits = 0;
  int activation_bits = 0;
  if (read_uniform(text, weight_bits, activation_bits))
    return Policy::uniform(network, weight_bits, activation_bits);
  return read_list(text, network, fmt::format("policy {}", quoted_text(text)));
}

Policy parse_policy(const std::string& text, const Network& network) {
  if (is_policy_line(text)) return policy_from_text(text, network);
  std::error_code error;
  if (std::filesystem::exists(text, error)) {
    constexpr std::size_t kMaxBytes = 1 << 20;
    return parse_policy_file(file_text(text, kMaxBytes), shown_path(text), network);
  }
  // A list with a slip in it deserves the place of the slip, not "no such file".
  if (!text.empty() && text[0] >= '0' && text[0] <= '9') return policy_from_text(text, network);
  throw InputError(fmt::format("policy {}: no such file; must be {}", quoted_text(text), kForms));
}

Policy parse_policy_json(const std::string& json, const std::string& path, const Network& network) {
  const auto root = parse_json(json, path);
  return root.is_array() ? read_entries(root, path, network) : read_named(root, path, network);
}

std::string policy_json(const Policy& policy, const Network& network) {
  nlohmann::ordered_json root;
  root["network"] = network.name;
  root["layers"] = nlohmann::ordered_json::array();
  for (const LayerId l : network.weight_layers()) {
    nlohmann::ordered_json layer;
    layer["name"] = network.layers[l].name;
    layer["w"] = policy.layers[l].weight;
    layer["a"] = policy.layers[l].activation;
    root["layers"].push_back(layer);
  }
  return json_text(root);
}

}  // namespace kirchhoff::quant
