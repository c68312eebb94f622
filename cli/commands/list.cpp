#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "agent/search/search.h"
#include "base/atomic_file.h"
#include "base/error.h"
#include "base/file_text.h"
#include "base/json_text.h"
#include "base/quote.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cosim/resources.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"

namespace kirchhoff::cli {
namespace {

/// One of a kind: its `name`, and what else is known of it.
using Thing = nlohmann::ordered_json;
using Things = std::vector<Thing>;

Things networks() {
  Things things;
  for (const std::string& name : quant::network_names()) {
    const quant::Network network = quant::find_network(name);
    std::int64_t macs = 0, weights = 0;
    for (const quant::Layer& layer : network.layers) {
      weights += layer.weights();
      macs += layer.macs();
    }
    const quant::Shape& image = network.image;
    things.push_back({{"name", name},
                      {"layers", network.weight_layers().size()},
                      {"image", {image.channels, image.height, image.width}},
                      {"weights", weights},
                      {"multiplications", macs}});
  }
  return things;
}

std::string network_in_words(const Thing& network) {
  const auto number = [&](const char* key) { return network.at(key).get<double>(); };
  const auto image = network.at("image").get<std::array<int, 3>>();
  return fmt::format(
      "{} weight layers, {}x{}x{} images, {:.3g} M weights, {:.3g} M multiplications",
      number("layers"), image[0], image[1], image[2], number("weights") / 1e6,
      number("multiplications") / 1e6);
}

/// Network and dataset of the models that came with the program. Both names may have dashes, so
/// that the longest dataset that a model's name ends with is its.
std::vector<std::pair<std::string, std::string>> shipped_models() {
  std::vector<std::pair<std::string, std::string>> models;
  for (const char* const suffix : {".kmodel", ".safetensors"}) {
    for (const std::string& name : cosim::resource_names("models", suffix)) {
      std::string dataset;
      for (const std::string& known : quant::dataset_names()) {
        const std::string end = "-" + known;
        const bool ends = name.size() > end.size() &&
                          name.compare(name.size() - end.size(), end.size(), end) == 0;
        if (ends && known.size() > dataset.size()) dataset = known;
      }
      if (!dataset.empty())
        models.emplace_back(name.substr(0, name.size() - dataset.size() - 1), dataset);
    }
  }
  return models;
}

/// With the networks whose models came with the program.
Things datasets() {
  const auto models = shipped_models();
  Things things;
  for (const std::string& name : quant::dataset_names()) {
    Thing trained = Thing::array();
    for (const auto& [network, dataset] : models) {
      if (dataset == name) trained.push_back(network);
    }
    things.push_back({{"name", name}, {"trained", std::move(trained)}});
  }
  return things;
}

std::string dataset_in_words(const Thing& dataset) {
  const auto trained = dataset.at("trained").get<std::vector<std::string>>();
  return trained.empty() ? "no trained network"
                         : fmt::format("trained: {}", fmt::join(trained, ", "));
}

/// The first line of the comment at the top of a preset says what it is.
Things presets() {
  Things things;
  for (const std::string& name : cosim::resource_names("presets", ".ini")) {
    const std::string file =
        stored_text(std::filesystem::path(cosim::resource_folder("presets")) / (name + ".ini"));
    const std::string line = file.substr(0, file.find('\n'));
    const std::size_t text = line.find_first_not_of("# ");
    things.push_back(
        {{"name", name},
         {"summary", name == "table4"
                         ? "the paper's Table 4, sources for what it leaves open (default)"
                         : line.substr(std::min(text, line.size())) + " …"}});
  }
  return things;
}

Things methods() {
  Things things;
  for (const agent::SearchMethodType& type : agent::search_method_types()) {
    things.push_back({{"name", type.name}, {"summary", type.summary}, {"chance", type.chance}});
  }
  return things;
}

std::string summary_of(const Thing& thing) { return thing.at("summary").get<std::string>(); }

struct Kind {
  const char* name;
  Things (*things)();
  std::string (*in_words)(const Thing& thing);
};

constexpr Kind kKinds[] = {{"networks", networks, network_in_words},
                           {"datasets", datasets, dataset_in_words},
                           {"presets", presets, summary_of},
                           {"methods", methods, summary_of}};

const Kind& find_kind(const std::string& name) {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) {
    if (name == kind.name) return kind;
    names.emplace_back(kind.name);
  }
  throw InputError(fmt::format("list: {}: must be one of {}", quote(name), fmt::join(names, ", ")));
}

}  // namespace

int list_command(const std::vector<std::string>& arguments) {
  Options options("list", "Lists what there is by name: networks, datasets, presets, methods.");
  options.example("kirchhoff list methods");
  std::vector<std::string> kinds;
  std::string json_file;
  options.words(kinds, "KIND");
  options.json_output(json_file, "the lists");
  if (!options.parse(arguments)) return 0;
  nlohmann::ordered_json json;
  for (const std::string& name : kinds) {
    const Kind& kind = find_kind(name);
    json[name] = kind.things();
  }
  if (!json_file.empty()) write_file_atomically(json_file, json_text(json));
  for (const std::string& name : kinds) {
    const Kind& kind = find_kind(name);
    if (kinds.size() > 1) fmt::print("{}:\n", name);
    for (const Thing& thing : json[name])
      fmt::print("{:<15}{}\n", thing.at("name").get<std::string>(), kind.in_words(thing));
  }
  return 0;
}

}  // namespace kirchhoff::cli
