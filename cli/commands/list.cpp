#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "agent/search/search.h"
#include "base/error.h"
#include "base/file_text.h"
#include "base/quote.h"
#include "cli/commands/command.h"
#include "cli/options/options.h"
#include "cosim/resources.h"
#include "quant/data/dataset.h"
#include "quant/network/networks.h"

namespace kirchhoff::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

Rows networks() {
  Rows rows;
  for (const std::string& name : quant::network_names()) {
    const quant::Network network = quant::find_network(name);
    double macs = 0.0, weights = 0.0;
    for (const quant::Layer& layer : network.layers) {
      const double size = static_cast<double>(layer.rows()) * layer.out_channels;
      weights += size;
      macs += size * layer.windows();
    }
    rows.emplace_back(
        name, fmt::format("{} weight layers, {}x{}x{} images, {:.3g} M weights, {:.3g} M "
                          "multiplications",
                          network.layers.size(), network.image.channels, network.image.height,
                          network.image.width, weights / 1e6, macs / 1e6));
  }
  return rows;
}

/// Those whose models came with the program.
std::string trained(const std::string& dataset) {
  std::string networks;
  for (const std::string& model : cosim::resource_names("models", ".kmodel")) {
    const std::size_t dash = model.find('-');
    if (dash == std::string::npos || model.substr(dash + 1) != dataset) continue;
    networks += (networks.empty() ? "" : ", ") + model.substr(0, dash);
  }
  return networks.empty() ? "no trained network" : "trained: " + networks;
}

Rows datasets() {
  Rows rows;
  for (const std::string& name : quant::dataset_names()) rows.emplace_back(name, trained(name));
  return rows;
}

/// The first line of the comment at the top of a preset says what it is.
Rows presets() {
  Rows rows;
  for (const std::string& name : cosim::resource_names("presets", ".ini")) {
    const std::string file =
        stored_text(std::filesystem::path(cosim::resource_folder("presets")) / (name + ".ini"));
    const std::string line = file.substr(0, file.find('\n'));
    const std::size_t text = line.find_first_not_of("# ");
    rows.emplace_back(name, name == "table4"
                                ? "the paper's Table 4, sources for what it leaves open (default)"
                                : line.substr(std::min(text, line.size())) + " …");
  }
  return rows;
}

Rows methods() {
  Rows rows;
  for (const agent::SearchMethodType& type : agent::search_method_types()) {
    rows.emplace_back(type.name, type.summary);
  }
  return rows;
}

}  // namespace

int list_command(const std::vector<std::string>& arguments) {
  Options options("list", "Lists what there is by name: networks, datasets, presets, methods.");
  options.example("kirchhoff list methods");
  std::vector<std::string> kinds;
  options.words(kinds, "KIND");
  if (!options.parse(arguments)) return 0;
  for (const std::string& kind : kinds) {
    Rows rows;
    if (kind == "networks") {
      rows = networks();
    } else if (kind == "datasets") {
      rows = datasets();
    } else if (kind == "presets") {
      rows = presets();
    } else if (kind == "methods") {
      rows = methods();
    } else {
      throw InputError(fmt::format("list: {}: must be one of networks, datasets, presets, methods",
                                   quote(kind)));
    }
    if (kinds.size() > 1) fmt::print("{}:\n", kind);
    for (const auto& [name, meaning] : rows) fmt::print("{:<15}{}\n", name, meaning);
  }
  return 0;
}

}  // namespace kirchhoff::cli
