#include "sim/collect.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "base/error.h"
#include "sim/causes.h"
#include "sim/ideal.h"
#include "sim/ledger.h"
#include "sim/programming.h"

namespace kirchhoff::sim {

namespace {

// Over the tile's counter registers, as the host of a real chip would.
hw::TileCounters read_counters(hw::Chip& chip, int node) {
  hw::TileCounters counters;
  std::vector<std::uint64_t> values;
  counters.visit([&](const char*, std::uint64_t, const char*) { values.push_back(0); });
  const hw::reg::Address address =
      hw::reg::kTileStride * static_cast<unsigned>(node) + hw::reg::kCounterBase;
  if (!chip.host().read(address, values.data(), static_cast<unsigned>(8 * values.size()))) {
    throw RunError(fmt::format("tile {} refused to show its counters", node));
  }
  std::size_t i = 0;
  counters.visit([&](const char*, std::uint64_t& value, const char*) { value = values[i++]; });
  return counters;
}

TileReport collect_tile(hw::Chip& chip, const hw::ChipConfig& config,
                        const mapping::Mapping& mapping, const mapping::LayerMapping& layer,
                        int tile) {
  const int node = mapping.position[static_cast<std::size_t>(tile)];
  const mapping::TileShare& share = mapping.tiles[static_cast<std::size_t>(tile)];
  TileReport report;
  report.tile = tile;
  report.node = node;
  report.router = chip.noc().topology().router_of(static_cast<hw::NodeId>(node));
  report.buffer_rows = share.buffer_rows;
  report.buffer_bits = share.buffer_bits;
  for (const int b : share.blocks) {
    const mapping::Block& block = layer.blocks[static_cast<std::size_t>(b)];
    report.blocks.push_back({block.rows, block.columns, block.pe});
  }
  report.allocation = allocation_of(config, layer, tile);
  const hw::Topology::Share network = chip.noc().topology().share_of({node});
  report.allocation.routers = network.routers;
  report.allocation.links = network.links;
  read_counters(chip, node).visit([&](const char* name, std::uint64_t value, const char*) {
    report.counters[name] = value;
  });
  return report;
}

// Begin and end are moments, high-water marks are maxima, every other counter is an amount.
void add_counters(const TileReport& tile, bool first, Counters& sums) {
  for (const auto& [name, value] : tile.counters) {
    std::uint64_t& sum = sums[name];
    if (name == "begin_cycle") {
      sum = first ? value : std::min(sum, value);
    } else if (name == "end_cycle" || name == "buffer_rows" || name == "partial_windows") {
      sum = std::max(sum, value);
    } else {
      sum += value;
    }
  }
}

// What the layer's packets did to the network; a layer that sent none has zeros.
void add_traffic(const hw::NocCounters& noc, std::size_t layer, Counters& sums) {
  const hw::LayerTraffic traffic =
      layer < noc.layers.size() ? noc.layers[layer] : hw::LayerTraffic{};
  sums["router_flits"] = traffic.router_flits;
  sums["link_flits"] = traffic.link_flits;
  sums["noc_messages"] = traffic.messages;
  sums["noc_flits"] = traffic.flits;
  sums["noc_head_cycles"] = traffic.head_cycles;
  sums["noc_serialisation_cycles"] = traffic.serialisation_cycles;
  sums["noc_contention_cycles"] = traffic.contention_cycles;
}

std::vector<RouterReport> collect_routers(const hw::Topology& topology,
                                          const hw::NocCounters& noc) {
  std::vector<RouterReport> routers(static_cast<std::size_t>(topology.routers()));
  for (int r = 0; r < topology.routers(); ++r) {
    routers[static_cast<std::size_t>(r)].node = r;
    routers[static_cast<std::size_t>(r)].links = topology.links(r);
  }
  for (const hw::LinkLoad& link : noc.links) {
    RouterReport& router = routers[static_cast<std::size_t>(link.router)];
    router.flits += link.flits;
    if (link.to_router >= 0) router.link_flits += link.flits;
    router.stall_cycles += link.stall_cycles;
  }
  return routers;
}

}  // namespace

Allocation allocation_of(const hw::ChipConfig& config, const mapping::LayerMapping& layer,
                         int tile) {
  Allocation a;
  a.tiles = 1;
  std::set<int> pes;
  for (const mapping::Block& block : layer.blocks) {
    if (block.tile != tile) continue;
    pes.insert(block.pe);
    a.pairs += layer.slices;
    a.dacs += layer.slices * block.rows;
    const int columns = block.columns + config.tile.pe.extra_columns();
    const int arrays = hw::arrays_per_lane(config.tile.pe.encoding) * layer.slices;
    a.columns += layer.slices * columns;
    a.cells += static_cast<long long>(arrays) * block.rows * columns;
    a.adcs += layer.slices * std::min(columns, config.tile.pe.adc.per_pair);
  }
  a.pes = static_cast<int>(pes.size());
  return a;
}

Allocation chip_allocation(const hw::ChipConfig& config) {
  const int width = config.mesh_width, height = config.mesh_height;
  Allocation all;
  all.tiles = width * height;
  all.pes = all.tiles * config.tile.pes;
  all.pairs = all.pes * config.tile.pe.pairs;
  all.dacs = all.pairs * config.tile.pe.crossbar.rows;
  all.columns = all.pairs * config.tile.pe.columns();
  all.adcs = all.pairs * config.tile.pe.adc.per_pair;
  const hw::Topology topology(width, height, config.noc);
  all.routers = topology.routers();
  for (int r = 0; r < topology.routers(); ++r) all.links += topology.links(r);
  all.cells = static_cast<long long>(hw::arrays_per_lane(config.tile.pe.encoding)) * all.dacs *
              config.tile.pe.columns();
  return all;
}

UnusedReport unused_hardware(const hw::ChipConfig& config, const Allocation& used,
                             double duration_ns) {
  UnusedReport unused;
  if (config.unused != hw::Unused::kIdle) return unused;
  const Allocation all = chip_allocation(config);
  Allocation& rest = unused.allocation;
  rest.tiles = all.tiles - used.tiles;
  rest.pes = all.pes - used.pes;
  rest.pairs = all.pairs - used.pairs;
  rest.dacs = all.dacs - used.dacs;
  rest.columns = all.columns - used.columns;
  rest.adcs = all.adcs - used.adcs;
  // Shares of routers are sums of fractions.
  rest.routers = std::max(0.0, all.routers - used.routers);
  rest.links = std::max(0.0, all.links - used.links);
  rest.cells = all.cells - used.cells;
  unused.energy = energy_entries(config, rest, {}, duration_ns, duration_ns);
  // What it burns is what it leaks; it is not part of the allocated area.
  for (const EnergyEntry& e : unused.energy)
    unused.instances.push_back({e.component, e.instances, e.each_pj, 0, e.key, ""});
  return unused;
}

CostReport collect_report(hw::Chip& chip, const hw::ChipConfig& config,
                          const quant::Network& network, const quant::Policy& policy,
                          const mapping::Mapping& mapping) {
  CostReport report;
  const std::vector<hw::ImageTimes>& times = chip.host().times();
  const auto ns = [](const sc_core::sc_time& t) { return static_cast<double>(t.value()) / 1000.0; };
  const std::uint64_t latency_ps = (times.front().last_result - times.front().first_pixel).value();
  report.images = static_cast<int>(times.size());
  report.latency_ns = static_cast<double>(latency_ps) / 1000.0;
  report.duration_ns = ns(times.back().last_result - times.front().first_pixel);
  if (report.images > 1) {
    report.interval_ns =
        ns(times.back().last_result - times.front().last_result) / (report.images - 1);
  }
  const auto mhz = static_cast<std::uint64_t>(config.clock.tile_mhz);
  report.cycles = (latency_ps * mhz + 999999u) / 1000000u;
  report.tile_mhz = config.clock.tile_mhz;
  report.mesh_width = config.mesh_width;
  report.mesh_height = config.mesh_height;

  Allocation used;
  const hw::NocCounters noc = chip.noc().counters();
  for (std::size_t l = 0; l < network.layers.size(); ++l) {
    const mapping::LayerMapping& m = mapping.layers[l];
    LayerReport layer;
    layer.name = network.layers[l].name;
    layer.weight_bits = policy.layers[l].weight;
    layer.activation_bits = policy.layers[l].activation;
    layer.crossbars = m.crossbars;
    layer.tiles = m.tiles;
    layer.windows = network.layers[l].windows();
    layer.rows = network.layers[l].rows();
    layer.columns = network.layers[l].out_channels;
    layer.pool = network.layers[l].pool;
    for (int t = m.tile_begin; t < m.tile_begin + m.tiles; ++t) {
      TileReport tile = collect_tile(chip, config, mapping, m, t);
      layer.allocation += tile.allocation;
      add_counters(tile, t == m.tile_begin, layer.counters);
      layer.tile_reports.push_back(std::move(tile));
    }
    layer.pes = layer.allocation.pes;
    add_traffic(noc, l, layer.counters);
    const std::uint64_t cycles = layer.counters.at("end_cycle") - layer.counters.at("begin_cycle");
    layer.latency_ns = static_cast<double>(cycles) * chip.clocks().tile.period_ns();
    for (TileReport& tile : layer.tile_reports) tile.layer_ns = layer.latency_ns;
    layer.energy = energy_entries(config, layer.allocation, layer.counters, report.duration_ns,
                                  layer.latency_ns);
    layer.instances = instance_entries(config, layer.allocation);
    layer.ideal = ideal_layer(config, layer, report.images);
    layer.causes = causes_of(layer, chip.clocks().tile.period_ns());
    used += layer.allocation;
    report.layers.push_back(std::move(layer));
  }
  report.unused = unused_hardware(config, used, report.duration_ns);
  report.programming = programming_cost(config, report);
  report.noc_mhz = config.clock.noc_mhz;
  report.routers = collect_routers(chip.noc().topology(), noc);
  for (const hw::LinkLoad& link : noc.links) {
    if (link.to_router < 0) continue;
    report.links.push_back({link.router, link.to_router, link.flits, link.stall_cycles});
  }
  report.router_columns = chip.noc().topology().columns();
  return report;
}

}  // namespace kirchhoff::sim
