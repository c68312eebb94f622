#include "report/html/chip_report.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/json_input.h"
#include "report/report_file.h"

namespace kirchhoff::report::html {
namespace {

void read_windows(const nlohmann::json& layer, ChipReport& chip) {
  std::vector<WindowStays>& windows = chip.windows.emplace_back();
  for (const auto& row : layer.at("window_times").at("rows")) {
    WindowStays& stays = windows.emplace_back();
    for (std::size_t stage = 0; stage < sim::kWindowStages; ++stage) {
      const auto& begin = row.at(2 * stage);
      if (begin.is_null()) continue;
      stays[stage] = {begin.get<double>() / 1e3, row.at(2 * stage + 1).get<double>() / 1e3};
    }
  }
}

/// The parts that read_report() leaves out: names, links, and what ran.
void read_rest(const nlohmann::json& json, ChipReport& chip) {
  json.at("network").get_to(chip.network);
  json.at("policy").get_to(chip.policy);
  json.at("cost").get_to(chip.cost);
  json.at("ratio").at("latency").get_to(chip.latency_ratio);
  json.at("ratio").at("energy").get_to(chip.energy_ratio);
  json.at("ratio").at("power").get_to(chip.power_ratio);
  chip.session = {"", json.value("kirchhoff", ""), json.value("command", "")};
  chip.functional = !json.at("bit_exact").is_null();
  for (const auto& layer : json.at("layers")) {
    if (layer.contains("window_times")) read_windows(layer, chip);
  }
  for (const auto& link : json.at("health").at("links")) {
    constexpr auto kMaxNode = std::numeric_limits<int>::max();
    const std::string where = "health.links";
    sim::LinkHealth one;
    one.from = to_id<hw::RouterId>(integer_member(link, "from", where, 0, kMaxNode));
    one.to = to_id<hw::RouterId>(integer_member(link, "to", where, 0, kMaxNode));
    one.flits = unsigned_value(link.at("flits"), where + ": flits");
    one.stall_cycles = unsigned_value(link.at("stall_cycles"), where + ": stall_cycles");
    one.load = number_member(link, "load_pct", where) / 100.0;
    chip.health.links.push_back(one);
  }
}

}  // namespace

ChipReport load_chip_report(const std::string& path, const std::string& name) {
  const sim::ExplainedReport explained = read_report(path);
  hw::ConfigLoader loader;
  for (const hw::ConfigEntry& entry : explained.config) {
    loader.set_from_flag(entry.key, entry.value);
  }
  const hw::ChipConfig& config = loader.finish();
  ChipReport chip;
  chip.name = name;
  chip.report = explained.report;
  chip.report.tile_mhz = config.clock.tile_mhz;
  chip.health = sim::health_of(chip.report, config);
  const nlohmann::json json = read_json(path, kMaxReportBytes);
  read_members(path, "is not a report of kirchhoff simulate --json",
               [&] { read_rest(json, chip); });
  chip.config = config;
  chip.entries = explained.config;
  const int side = config.noc.cluster_side();
  chip.router_columns = std::max(1, (chip.report.mesh_width + side - 1) / side);
  return chip;
}

}  // namespace kirchhoff::report::html
