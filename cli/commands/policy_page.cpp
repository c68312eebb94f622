#include "cli/commands/policy_page.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "cosim/size_cost_model.h"

namespace kirchhoff::cli {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::int64_t size_of(const ShownPolicy& shown, quant::LayerId layer) {
  return size_in_bits(shown.network.layers[layer], shown.policy.layers[layer].weight,
                      shown.quantizer);
}

struct Sums {
  double weight_bits = 0.0, activation_bits = 0.0;  ///< means over the layers
  std::int64_t weights = 0, size = 0;               ///< size in bits
  double ratio = 0.0;                               ///< of the size to W8A8's
};

Sums sums_of(const ShownPolicy& shown) {
  Sums sums;
  const std::vector<quant::LayerId> layers = shown.network.weight_layers();
  for (const quant::LayerId l : layers) {
    sums.activation_bits += shown.policy.layers[l].activation;
    sums.weights += shown.network.layers[l].weights();
    sums.size += size_of(shown, l);
  }
  sums.weight_bits = shown.policy.mean_weight_bits();
  sums.activation_bits /= static_cast<double>(layers.size());
  sums.ratio = cosim::size_ratio(shown.network, shown.policy, shown.quantizer);
  return sums;
}

std::size_t name_width(const quant::Network& network) {
  std::size_t width = 10;
  for (const quant::LayerId l : network.weight_layers())
    width = std::max(width, network.layers[l].name.size());
  return width;
}

/// "W", "A", "W A" or nothing.
std::string difference(const quant::LayerBits& a, const quant::LayerBits& b) {
  std::string text = a.weight != b.weight ? "W" : "";
  if (a.activation != b.activation) text += text.empty() ? "A" : " A";
  return text;
}

}  // namespace

std::string policy_table(const ShownPolicy& shown) {
  const Sums sums = sums_of(shown);
  const std::size_t width = name_width(shown.network);
  std::string page = fmt::format("{:<22}{}\n{:<22}{}\n\n", "network", shown.network.name, "policy",
                                 shown.policy.to_string());
  page += fmt::format("{:<{}} {:>5} {:>5} {:>11} {:>13}  share\n", "layer", width, "W", "A",
                      "weights", "size, bits");
  for (const quant::LayerId l : shown.network.weight_layers()) {
    const quant::LayerBits& bits = shown.policy.layers[l];
    const std::int64_t size = size_of(shown, l);
    page +=
        fmt::format("{:<{}} {:>5} {:>5} {:>11} {:>13} {:>5.1f}%\n", shown.network.layers[l].name,
                    width, bits.weight, bits.activation, shown.network.layers[l].weights(), size,
                    100.0 * static_cast<double>(size) / static_cast<double>(sums.size));
  }
  return page + fmt::format("{:<{}} {:>5.2f} {:>5.2f} {:>11} {:>13}  {:.4f} of W8A8\n", "mean, sum",
                            width, sums.weight_bits, sums.activation_bits, sums.weights, sums.size,
                            sums.ratio);
}

OrderedJson policy_table_json(const ShownPolicy& shown) {
  const Sums sums = sums_of(shown);
  OrderedJson json = {{"network", shown.network.name},
                      {"policy", shown.policy.to_string()},
                      {"mean_weight_bits", sums.weight_bits},
                      {"mean_activation_bits", sums.activation_bits},
                      {"size_bits", sums.size},
                      {"size_ratio", sums.ratio},
                      {"layers", OrderedJson::array()}};
  for (const quant::LayerId l : shown.network.weight_layers()) {
    json["layers"].push_back({{"name", shown.network.layers[l].name},
                              {"w", shown.policy.layers[l].weight},
                              {"a", shown.policy.layers[l].activation},
                              {"weights", shown.network.layers[l].weights()},
                              {"size_bits", size_of(shown, l)}});
  }
  return json;
}

std::string policies_table(const ShownPolicy& a, const ShownPolicy& b) {
  const std::size_t width = name_width(a.network);
  std::string page = fmt::format("{:<22}{}\n{:<22}{}\n{:<22}{}\n\n", "network", a.network.name, "a",
                                 a.name, "b", b.name);
  page += fmt::format("{:<{}} {:>13} {:>13}  differs in\n", "layer", width, "a", "b");
  const auto pair = [](const quant::LayerBits& bits) {
    return fmt::format("{}/{}", bits.weight, bits.activation);
  };
  const std::vector<quant::LayerId> layers = a.network.weight_layers();
  std::size_t different = 0;
  for (const quant::LayerId l : layers) {
    const quant::LayerBits &x = a.policy.layers[l], &y = b.policy.layers[l];
    std::string line = fmt::format("{:<{}} {:>13} {:>13}  {}", a.network.layers[l].name, width,
                                   pair(x), pair(y), difference(x, y));
    line.erase(line.find_last_not_of(' ') + 1);
    page += line + "\n";
    different += x != y;
  }
  const Sums first = sums_of(a), second = sums_of(b);
  const auto row = [&](const char* name, const std::string& x, const std::string& y) {
    page += fmt::format("{:<{}} {:>13} {:>13}\n", name, width, x, y);
  };
  const auto means = [](const Sums& sums) {
    return fmt::format("{:.2f}/{:.2f}", sums.weight_bits, sums.activation_bits);
  };
  row("mean", means(first), means(second));
  row("size, bits", std::to_string(first.size), std::to_string(second.size));
  row("of W8A8", fmt::format("{:.4f}", first.ratio), fmt::format("{:.4f}", second.ratio));
  return page + (different == 0
                     ? "\nno difference\n"
                     : fmt::format("\n{} of {} layers differ\n", different, layers.size()));
}

OrderedJson policies_table_json(const ShownPolicy& a, const ShownPolicy& b) {
  OrderedJson differing = OrderedJson::array();
  for (const quant::LayerId l : a.network.weight_layers())
    if (a.policy.layers[l] != b.policy.layers[l]) differing.push_back(a.network.layers[l].name);
  OrderedJson json = {
      {"a", policy_table_json(a)}, {"b", policy_table_json(b)}, {"differ", differing}};
  json["a"]["name"] = a.name;
  json["b"]["name"] = b.name;
  return json;
}

}  // namespace kirchhoff::cli
