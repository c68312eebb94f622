#include "report/report_file.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/json_input.h"
#include "base/json_text.h"
#include "sim/report_json.h"

namespace kirchhoff::report {

namespace {

using Json = nlohmann::json;

using Node = sim::JsonNode;

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
  const Node report(json, path);

  sim::ExplainedReport result;
  sim::CostReport& r = result.report;
  result.config = config(report["config"]);
  r = sim::run_from(report);
  report["layers"].each([&](const Node& node) { r.layers.push_back(sim::layer_from(node)); });
  if (report.has("unused")) r.unused = sim::unused_from(report["unused"]);
  if (report.has("rewriting")) r.rewriting = sim::rewriting_from(report["rewriting"]);
  result.reference = sim::totals_from(report["reference"]);
  stated_numbers(report, result.reported);
  return result;
}

}  // namespace kirchhoff::report
