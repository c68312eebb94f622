#include "report/report_file.h"

#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_input.h"
#include "base/json_text.h"
#include "base/quote.h"

namespace kirchhoff::report {

namespace {

using Json = nlohmann::json;

constexpr int kMaxMeshSide = 256;  // as the configuration has it

/// A place in the file, so that an error can name it.
class Node {
 public:
  Node(const Json& json, std::string file, std::string path)
      : json_(json), file_(std::move(file)), path_(std::move(path)) {}

  Node operator[](const std::string& key) const {
    const std::string path = path_.empty() ? key : path_ + "." + key;
    if (!json_.is_object() || !json_.contains(key)) refuse(path, "missing");
    return {json_.at(key), file_, path};
  }
  bool has(const std::string& key) const { return json_.is_object() && json_.contains(key); }
  double number() const {
    if (!json_.is_number()) refuse(path_, "must be a number");
    return json_.get<double>();
  }
  /// From 0, as all counts of a report are.
  template <typename Integer = int>
  Integer integer(Integer high = std::numeric_limits<Integer>::max()) const {
    if (!json_.is_number_unsigned() ||
        json_.get<std::uint64_t>() > static_cast<std::uint64_t>(high)) {
      refuse(path_, fmt::format("must be an integer in [0, {}]", high));
    }
    return json_.get<Integer>();
  }
  std::string text() const {
    if (!json_.is_string()) refuse(path_, "must be a string");
    return json_.get<std::string>();
  }
  template <typename Visit>
  void each(Visit&& visit) const {
    if (!json_.is_array()) refuse(path_, "must be a list");
    for (std::size_t i = 0; i < json_.size(); ++i)
      visit(Node(json_[i], file_, fmt::format("{}[{}]", path_, i)));
  }
  template <typename Visit>
  void items(Visit&& visit) const {
    if (!json_.is_object()) refuse(path_, "must be an object");
    for (const auto& [key, value] : json_.items())
      visit(key, Node(value, file_, path_ + "." + key));
  }
  const Json& json() const { return json_; }

 private:
  [[noreturn]] void refuse(const std::string& path, const std::string& rule) const {
    throw InputError(
        fmt::format("{}: {}: {} (a report is what kirchhoff simulate --json FILE writes)", file_,
                    path.empty() ? "report" : quote(path, 200), rule));
  }

  const Json& json_;
  const std::string file_, path_;
};

sim::Allocation allocation(const Node& node) {
  sim::Allocation a;
  a.pes = node["pes"].integer();
  a.pairs = node["pairs"].integer();
  a.dacs = node["dacs"].integer();
  a.columns = node["columns"].integer();
  a.adcs = node["adcs"].integer();
  a.tiles = node["tiles"].integer();
  a.routers = node["routers"].number();
  a.links = node["links"].number();
  a.cells = node["cells"].integer<long long>();
  return a;
}

std::vector<sim::EnergyEntry> ledger(const Node& node) {
  std::vector<sim::EnergyEntry> entries;
  node.each([&](const Node& line) {
    sim::EnergyEntry e;
    e.component = line["component"].text();
    e.event = line["event"].text();
    e.count = line["count"].number();
    e.each_pj = line["each"].number();
    e.key = line["key"].text();
    if (line.has("instances")) e.instances = line["instances"].number();
    entries.push_back(e);
  });
  return entries;
}

std::vector<sim::InstanceEntry> instances(const Node& node) {
  std::vector<sim::InstanceEntry> entries;
  node.each([&](const Node& line) {
    sim::InstanceEntry e;
    e.component = line["component"].text();
    e.instances = line["instances"].number();
    e.each_mw = line["each_mw"].number();
    e.each_um2 = line["each_um2"].number();
    e.power_key = line["power_key"].text();
    e.area_key = line["area_key"].text();
    entries.push_back(e);
  });
  return entries;
}

sim::Counters counters(const Node& node) {
  sim::Counters all;
  node.items([&](const std::string& name, const Node& value) {
    all[name] = value.integer<std::uint64_t>();
  });
  return all;
}

sim::TileReport tile(const Node& node) {
  sim::TileReport t;
  t.tile = node["tile"].integer();
  // Reports of earlier versions do not tell the two apart.
  t.node = node.has("node") ? node["node"].integer() : node["router"].integer();
  t.router = node["router"].integer();
  t.buffer_rows = node["buffer_rows"].integer();
  t.buffer_bits = node["buffer_bits"].integer<long long>();
  node["blocks"].each([&](const Node& block) {
    t.blocks.push_back(
        {block["rows"].integer(), block["columns"].integer(), block["pe"].integer()});
  });
  t.allocation = allocation(node["allocation"]);
  t.counters = counters(node["counters"]);
  return t;
}

sim::LayerReport layer(const Node& node) {
  sim::LayerReport l;
  l.name = node["name"].text();
  l.weight_bits = node["w"].integer();
  l.activation_bits = node["a"].integer();
  l.rows = node["rows"].integer();
  l.columns = node["columns"].integer();
  l.pool = node["pool"].integer();
  l.crossbars = node["crossbars"].integer();
  l.pes = node["pes"].integer();
  l.tiles = node["tiles"].integer();
  l.windows = node["windows"].integer();
  l.latency_ns = node["latency_ns"].number();
  l.ideal.step_ns = node["ideal"]["bit_step_ns"].number();
  l.ideal.latency_ns = node["ideal"]["latency_ns"].number();
  l.ideal.energy_pj = node["ideal"]["energy_pj"].number();
  node["causes"].each([&](const Node& cause) {
    l.causes.push_back({cause["name"].text(), cause["ns"].number()});
  });
  l.allocation = allocation(node["allocation"]);
  l.energy = ledger(node["ledger"]);
  l.instances = instances(node["instances"]);
  l.counters = counters(node["counters"]);
  node["per_tile"].each([&](const Node& one) {
    l.tile_reports.push_back(tile(one));
    l.tile_reports.back().layer_ns = l.latency_ns;
  });
  return l;
}

std::vector<hw::ConfigEntry> config(const Node& node) {
  std::vector<hw::ConfigEntry> entries;
  node.items([&](const std::string& key, const Node& entry) {
    hw::ConfigEntry e;
    e.key = key;
    const Json& value = entry["value"].json();
    e.value = value.is_string() ? value.get<std::string>() : json_line(value);
    e.unit = entry["unit"].text();
    e.origin = entry["from"].text();
    e.source = entry["source"].text();
    e.meaning = entry["meaning"].text();
    if (entry.has("given")) {
      const Node given = entry["given"];
      e.given = hw::GivenConstant{given["value"].number(), {}};
      for (const std::string& size : hw::sizes_followed(key))
        e.given->at[size] = given["at"][size].number();
    }
    entries.push_back(e);
  });
  return entries;
}

/// The totals that the file states beside the lines that they are sums of.
void stated_numbers(const Node& report, std::map<std::string, double>& stated) {
  const auto totals = [&](const Node& node, const std::string& prefix, bool area) {
    stated[prefix + "energy"] = node["energy_pj"].number();
    stated[prefix + "power.rated"] = node["power_rated_mw"].number();
    if (area) stated[prefix + "area"] = node["area_um2"].number();
  };
  totals(report, "", true);
  for (const auto& [quantity, key] : {std::pair("latency", "latency_ns"),
                                      {"cycles", "cycles"},
                                      {"power.average", "power_average_mw"},
                                      {"cost", "cost"},
                                      {"crossbars", "crossbars"},
                                      {"pes", "pes"},
                                      {"tiles", "tiles"}})
    stated[quantity] = report[key].number();
  for (const char* name : {"latency", "energy", "power"})
    stated[std::string("ratio.") + name] = report["ratio"][name].number();
  std::size_t index = 0;
  report["layers"].each([&](const Node& node) {
    const std::string prefix = fmt::format("layer{}.", index++);
    totals(node, prefix, true);
    stated[prefix + "latency"] = node["latency_ns"].number();
    for (const char* name : {"crossbars", "pes", "tiles"})
      stated[prefix + name] = node[name].number();
    node["components"].items([&](const std::string& component, const Node& energy) {
      stated[prefix + "energy." + component] = energy.number();
    });
    node["ledger"].each([&](const Node& line) {
      stated[prefix + "energy." + line["component"].text() + "." + line["event"].text()] =
          line["energy_pj"].number();
    });
    node["instances"].each([&](const Node& line) {
      stated[prefix + "power.rated." + line["component"].text()] = line["power_rated_mw"].number();
      if (!line["area_key"].text().empty())
        stated[prefix + "area." + line["component"].text()] = line["area_um2"].number();
    });
    node["per_tile"].each(
        [&](const Node& one) { totals(one, fmt::format("tile{}.", one["tile"].integer()), true); });
  });
  for (const auto& [quantity, key] :
       {std::pair("programming.time", "time_ns"), std::pair("programming.energy", "energy_pj"),
        std::pair("programming.cells", "cells"), std::pair("programming.pulses", "pulses")})
    stated[quantity] = report["programming"][key].number();
  if (report.has("unused")) totals(report["unused"], "unused.", false);
}

}  // namespace

sim::ExplainedReport read_report(const std::string& path) {
  const Json json = read_json(path, kMaxReportBytes);
  const Node report(json, path, "");

  sim::ExplainedReport result;
  sim::CostReport& r = result.report;
  result.config = config(report["config"]);
  r.latency_ns = report["latency_ns"].number();
  r.duration_ns = report["duration_ns"].number();
  r.images = report["images_in_run"].integer();
  r.cycles = report["cycles"].integer<std::uint64_t>();
  r.mesh_width = report["mesh"]["width"].integer(kMaxMeshSide);
  r.mesh_height = report["mesh"]["height"].integer(kMaxMeshSide);
  report["layers"].each([&](const Node& node) { r.layers.push_back(layer(node)); });
  if (report.has("unused")) {
    r.unused.allocation = allocation(report["unused"]["allocation"]);
    r.unused.energy = ledger(report["unused"]["ledger"]);
    r.unused.instances = instances(report["unused"]["instances"]);
  }
  const Node reference = report["reference"];
  result.reference =
      sim::CostTotals{reference["latency_ns"].number(), reference["energy_pj"].number(),
                      reference["power_rated_mw"].number()};
  stated_numbers(report, result.reported);
  return result;
}

}  // namespace kirchhoff::report
