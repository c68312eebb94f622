#include "cli/report/html/chip_report.h"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/report/csv.h"
#include "cli/report_file.h"
#include "hw/config/config_loader.h"
#include "traces/error.h"

namespace kirchhoff::cli::html {
namespace {

/// The parts that read_report() leaves out: names, links, and what ran.
void read_rest(const nlohmann::json& json, ChipReport& chip) {
  json.at("network").get_to(chip.network);
  json.at("policy").get_to(chip.policy);
  json.at("cost").get_to(chip.cost);
  chip.functional = !json.at("bit_exact").is_null();
  for (const auto& link : json.at("health").at("links")) {
    chip.health.links.push_back({link.at("from"), link.at("to"), link.at("flits"),
                                 link.at("stall_cycles"),
                                 link.at("load_pct").get<double>() / 100.0});
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
  try {
    read_rest(nlohmann::json::parse(file_text(path)), chip);
  } catch (const nlohmann::json::exception& error) {
    throw InputError(
        fmt::format("{}: is not a report of kirchhoff simulate --json: {}", path, error.what()));
  }
  chip.config = config;
  const int side = config.noc.cluster_side();
  chip.router_columns = std::max(1, (chip.report.mesh_width + side - 1) / side);
  return chip;
}

}  // namespace kirchhoff::cli::html
