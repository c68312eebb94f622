#include <cstdlib>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "hw/config/config_loader.h"
#include "quant/network/integer_network.h"
#include "sim/simulator.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff {
namespace {

using Assignments = std::vector<std::pair<std::string, std::string>>;

/// A row of the table "What follows when a key changes" of docs/costs.md.
struct Row {
  std::string key;
  Assignments change, with;
  std::string effects;  ///< of "LEPAW": latency, energy, rated power, area, loading of weights
};

constexpr char kColumns[] = "LEPAW";

std::string trimmed(std::string text) {
  const auto is_padding = [](char c) { return c == ' ' || c == '`'; };
  while (!text.empty() && is_padding(text.back())) text.pop_back();
  while (!text.empty() && is_padding(text.front())) text.erase(text.begin());
  return text;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(trimmed(part));
  return parts;
}

Assignments assignments(const std::string& cell) {
  Assignments all;
  for (const std::string& one : split(cell, ',')) {
    const std::size_t equals = one.find('=');
    if (equals != std::string::npos)
      all.emplace_back(trimmed(one.substr(0, equals)), trimmed(one.substr(equals + 1)));
  }
  return all;
}

// | `key` | change | with | latency | energy | power | area | loading | why |
std::vector<Row> table_of_the_page() {
  std::vector<Row> rows;
  std::ifstream page(KIRCHHOFF_COSTS_PAGE);
  for (std::string line; std::getline(page, line);) {
    const std::vector<std::string> cells = split(line, '|');
    if (cells.size() != 10 || cells[1].find('.') == std::string::npos) continue;
    Row row;
    row.key = cells[1];
    row.change = assignments(cells[2]);
    row.with = assignments(cells[3]);
    for (std::size_t c = 0; c < 5; ++c) {
      if (cells[4 + c] == "x") row.effects += kColumns[c];
    }
    EXPECT_FALSE(cells[9].empty()) << row.key << ": no reason";
    rows.push_back(std::move(row));
  }
  return rows;
}

quant::Layer layer(const char* name, quant::LayerKind kind, quant::TensorId input,
                   const quant::Shape& shape, int channels, int kernel, int padding, int pool) {
  quant::Layer layer;
  layer.name = name;
  layer.kind = kind;
  layer.inputs = {input};
  layer.input = shape;
  layer.out_channels = channels;
  layer.kernel_height = layer.kernel_width = kernel;
  layer.padding = padding;
  layer.pool = pool;
  return layer;
}

// Row blocks, column blocks, a layer over two tiles whose partial sums travel.
quant::Network small_network() {
  quant::Network network;
  network.name = "small";
  network.image = {3, 8, 8};
  using quant::LayerKind;
  network.layers.push_back(
      layer("C1", LayerKind::kConvolution, quant::kImage, network.image, 40, 3, 1, 2));
  network.layers.push_back(layer("C2", LayerKind::kConvolution, quant::TensorId{1},
                                 network.layers[quant::LayerId{0}].output(), 140, 3, 1, 1));
  network.layers.push_back(layer("FC", LayerKind::kFullyConnected, quant::TensorId{2},
                                 network.layers[quant::LayerId{1}].output(), 10, 4, 0, 1));
  network.layers.back().function = quant::Function::none();
  network.validate();
  return network;
}

/// Latency, energy, rated power, area, loading: more than one number where a key may move either.
using Costs = std::map<char, std::vector<double>>;

class KeyEffectsTest : public SystemCTest {
 protected:
  Costs costs(const hw::ChipConfig& config) const {
    const bool of_data = config.tile.pe.crossbar.energy == hw::CrossbarEnergy::kData;
    sc_core::sc_simcontext* const outer = sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    Costs all;
    {
      sim::SimulatorOptions options;
      if (of_data) options.fidelity = hw::Fidelity::kBit;
      sim::Simulator simulator(network_, config, options);
      sim::CostReport report;
      if (of_data) {
        simulator.load(quant::random_integer_network(network_, policy_, 1));
        report = simulator.run_image(quant::random_image(network_.image, 1)).report;
      } else {
        report = simulator.cost(policy_);
      }
      all['L'] = {report.latency_ns};
      all['E'] = {report.energy_pj()};
      all['P'] = {report.power_rated_mw(), sim::chip_power_rated_mw(simulator.config())};
      all['A'] = {report.area_um2(), sim::chip_area_um2(simulator.config())};
      const sim::ProgrammingCost& loading = report.programming;
      all['W'] = {loading.time_ns, loading.energy_pj, loading.reloads};
    }
    delete sc_core::sc_curr_simcontext;
    sc_core::sc_curr_simcontext = outer;
    return all;
  }

  static std::string difference(const Costs& a, const Costs& b) {
    std::string moved;
    for (const char* column = kColumns; *column != '\0'; ++column)
      if (a.at(*column) != b.at(*column)) moved += *column;
    return moved;
  }

  const quant::Network network_ = small_network();
  const quant::Policy policy_ = quant::parse_policy("W4A4", network_);
};

std::string ini(const Assignments& keys) {
  std::string text;
  for (const auto& [key, value] : keys) text += key + " = " + value + "\n";
  return text;
}

// Every key is in the table, and what it says of a key is what the simulation does: it moves what
// is marked, and nothing else.
TEST_F(KeyEffectsTest, TheTableOfThePageIsTrue) {
  std::map<std::string, std::string> defaults;
  for (const hw::ConfigEntry& entry : hw::ConfigLoader().entries())
    defaults[entry.key] = entry.value;
  std::set<std::string> seen;
  std::map<std::string, Costs> bases;
  for (const Row& row : table_of_the_page()) {
    SCOPED_TRACE(row.key);
    EXPECT_TRUE(seen.insert(row.key).second) << "twice";
    EXPECT_EQ(defaults.count(row.key), 1u) << "is no key";
    ASSERT_FALSE(row.change.empty());
    EXPECT_EQ(row.change.front().first, row.key);
    EXPECT_NE(row.change.front().second, defaults[row.key]);
    hw::ConfigLoader base, changed;
    base.load_text(ini(row.with), "with");
    changed.load_text(ini(row.with), "with");
    for (const auto& [key, value] : row.change) changed.set_from_flag(key, value);
    const std::string name = ini(row.with);
    if (bases.count(name) == 0) bases[name] = costs(base.finish());
    EXPECT_EQ(difference(bases.at(name), costs(changed.finish())), row.effects);
  }
  for (const auto& [key, value] : defaults)
    EXPECT_EQ(seen.count(key), 1u) << key << " is not in the table";
}

}  // namespace
}  // namespace kirchhoff
