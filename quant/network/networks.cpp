#include "quant/network/networks.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/error.h"
#include "base/file_text.h"
#include "base/quote.h"
#include "quant/network/graph_readers.h"
#include "quant/network/lower.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

std::vector<GraphReader>& graph_readers() {
  static std::vector<GraphReader> readers;
  return readers;
}

/// Null: a JSON description.
const GraphReader* reader_of(const std::string& path) {
  const std::string suffix = std::filesystem::path(path).extension().string();
  for (const GraphReader& reader : graph_readers()) {
    if (reader.suffix == suffix) return &reader;
  }
  return nullptr;
}

std::string readable_files() {
  std::string files = "a JSON description";
  for (const GraphReader& reader : graph_readers()) files += " or of a file *" + reader.suffix;
  return files;
}

}  // namespace

void add_graph_reader(const GraphReader& reader) { graph_readers().push_back(reader); }

const std::vector<ShippedNetwork>& shipped_networks() {
  static const std::vector<ShippedNetwork> networks = networks_of_files();
  return networks;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const ShippedNetwork& network : shipped_networks()) names.push_back(network.name);
  return names;
}

DescribedNetwork describe_network(const std::string& name_or_path) {
  for (const ShippedNetwork& network : shipped_networks()) {
    if (network.name == name_or_path) return {network.make(), std::nullopt, {}};
  }
  std::error_code error;
  if (!std::filesystem::exists(name_or_path, error)) {
    throw InputError(
        fmt::format("network {}: must be {} or the path of {}, and no such file exists",
                    quoted_text(name_or_path), fmt::join(network_names(), ", "), readable_files()));
  }
  if (const GraphReader* const reader = reader_of(name_or_path)) return reader->read(name_or_path);
  constexpr std::size_t kMaxBytes = 1 << 20;
  return {
      parse_graph(file_text(name_or_path, kMaxBytes), shown_path(name_or_path)), std::nullopt, {}};
}

Graph find_graph(const std::string& name_or_path) { return describe_network(name_or_path).graph; }

Network find_network(const std::string& name_or_path) {
  return lower(find_graph(name_or_path)).network;
}

Network parse_network(const std::string& json, const std::string& where) {
  const Graph graph = parse_graph(json, where);
  try {
    return lower(graph).network;
  } catch (const InputError& error) {
    throw InputError(fmt::format("{}: {}", where, error.what()));
  }
}

Network lenet5() { return find_network("lenet5"); }
Network vgg13() { return find_network("vgg13"); }

}  // namespace kirchhoff::quant
