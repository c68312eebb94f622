#include "sim/health.h"

#include <algorithm>

#include <fmt/format.h>

namespace kirchhoff::sim {

namespace {

// Below and above these shares a layer or link is worth a warning.
constexpr double kFewCells = 0.25, kFullBuffer = 0.9, kLoadedLink = 0.7, kIdlePes = 0.5;

double share(double part, double whole) { return whole > 0 ? part / whole : 0; }

LayerHealth layer_health(const LayerReport& layer, const CostReport& report,
                         const hw::ChipConfig& config) {
  const hw::TileConfig& tile = config.tile;
  const Allocation& a = layer.allocation;
  LayerHealth h;
  h.name = layer.name;
  h.clipped = layer.counters.at("clipped");
  const auto conversions = static_cast<double>(layer.counters.at("conversions"));
  h.clipped_share = share(static_cast<double>(h.clipped), conversions);
  h.cells =
      share(static_cast<double>(a.cells), 1.0 * hw::arrays_per_lane(tile.pe.encoding) * a.pairs *
                                              tile.pe.crossbar.rows * tile.pe.columns());
  h.crossbars = share(a.pairs, static_cast<double>(a.pes) * tile.pe.pairs);
  h.pes = share(a.pes, static_cast<double>(a.tiles) * tile.pes);
  h.pe_busy = share(layer.ideal.latency_ns, report.duration_ns);
  h.pe_busy_own = std::min(1.0, share(layer.ideal.latency_ns, layer.latency_ns));
  const double conversion_ns = tile.pe.adc.cycles * 1000.0 / config.clock.pe_mhz;
  h.adc_busy = share(conversions * conversion_ns, a.adcs * report.duration_ns);
  for (const TileReport& one : layer.tile_reports) {
    const auto rows = one.counters.find("buffer_rows");
    const auto held =
        rows == one.counters.end() || one.buffer_rows == 0
            ? one.buffer_bits
            : one.buffer_bits / one.buffer_rows * static_cast<long long>(rows->second);
    h.buffer_bits = std::max(h.buffer_bits, held);
  }
  h.buffer = share(static_cast<double>(h.buffer_bits), tile.edram.kb * 8192.0);
  const auto partials = layer.counters.find("partial_windows");
  if (partials != layer.counters.end()) h.partial_windows = partials->second;
  return h;
}

void warn(std::vector<std::string>& warnings, const LayerHealth& h, const LayerReport& layer) {
  if (h.clipped > 0) {
    warnings.push_back(fmt::format("{}: {} conversions clipped ({:.3g} %)", h.name, h.clipped,
                                   100 * h.clipped_share));
  }
  if (layer.crossbars > 0 && h.cells < kFewCells)
    warnings.push_back(fmt::format("{} uses {:.2g} % of its cells", h.name, 100 * h.cells));
  if (h.buffer > kFullBuffer)
    warnings.push_back(fmt::format("{} fills {:.0f} % of an eDRAM buffer", h.name, 100 * h.buffer));
  if (layer.crossbars > 0 && h.pe_busy_own < kIdlePes) {
    const auto longest =
        std::max_element(layer.causes.begin(), layer.causes.end(),
                         [](const Cause& a, const Cause& b) { return a.ns < b.ns; });
    warnings.push_back(fmt::format(
        "{}: its PEs compute for {:.0f} % of its time{}", h.name, 100 * h.pe_busy_own,
        longest == layer.causes.end()
            ? ""
            : fmt::format("; most goes into: {} ({:.1f} us)", longest->name, longest->ns / 1e3)));
  }
}

}  // namespace

Health health_of(const CostReport& report, const hw::ChipConfig& config) {
  Health health;
  for (const LayerReport& layer : report.layers) {
    health.layers.push_back(layer_health(layer, report, config));
    warn(health.warnings, health.layers.back(), layer);
  }
  const double cycles = report.duration_ns * report.noc_mhz / 1000;
  for (const RouterReport& router : report.routers) {
    RouterHealth h;
    h.flits = router.flits;
    h.link_flits = router.link_flits;
    h.stall_cycles = router.stall_cycles;
    h.link_load = share(static_cast<double>(router.link_flits), router.links * cycles);
    health.routers.push_back(h);
  }
  for (const LinkReport& link : report.links) {
    LinkHealth h;
    h.from = link.from;
    h.to = link.to;
    h.flits = link.flits;
    h.stall_cycles = link.stall_cycles;
    h.load = share(static_cast<double>(link.flits), cycles);
    if (h.load > kLoadedLink) {
      health.warnings.push_back(
          fmt::format("the link from router {} to router {} is {:.0f} % loaded", index(h.from),
                      index(h.to), 100 * h.load));
    }
    health.links.push_back(h);
  }
  return health;
}

std::string health_text(const Health& health, const CostReport& report) {
  std::size_t name = 5;
  for (const LayerHealth& h : health.layers) name = std::max(name, h.name.size());
  std::string out = fmt::format(
      "health, in %\n{:<{}}  {:>6}  {:>9}  {:>6}  {:>8}  {:>8}  {:>8}  {:>7}  {:>8}\n", "layer",
      name, "cells", "crossbars", "PEs", "computes", "of own t", "ADC busy", "buffer", "clipped");
  for (const LayerHealth& h : health.layers) {
    out += fmt::format(
        "{:<{}}  {:>6.2f}  {:>9.2f}  {:>6.2f}  {:>8.2f}  {:>8.2f}  {:>8.2f}  {:>7.2f}  {:>8.3g}\n",
        h.name, name, 100 * h.cells, 100 * h.crossbars, 100 * h.pes, 100 * h.pe_busy,
        100 * h.pe_busy_own, 100 * h.adc_busy, 100 * h.buffer, 100 * h.clipped_share);
  }
  out += "\nload of the links that leave each router, in %, as they lie\n";
  for (const hw::RouterId r : health.routers.ids()) {
    out += fmt::format("{:>7.2f}", 100 * health.routers[r].link_load);
    if ((index(r) + 1) % std::max(1, report.router_columns) == 0) out += "\n";
  }
  const auto busiest =
      std::max_element(health.links.begin(), health.links.end(),
                       [](const LinkHealth& a, const LinkHealth& b) { return a.flits < b.flits; });
  if (busiest != health.links.end()) {
    out += fmt::format("busiest link: {} to {}, {:.2f} %\n", index(busiest->from),
                       index(busiest->to), 100 * busiest->load);
  }
  out += "\n";
  for (const std::string& warning : health.warnings) out += "warning: " + warning + "\n";
  if (health.warnings.empty()) out += "no warnings\n";
  return out;
}

}  // namespace kirchhoff::sim
