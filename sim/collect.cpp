#include "sim/collect.h"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/core.h>

#include "mapping/program.h"
#include "sim/causes.h"
#include "sim/counters.h"
#include "sim/ideal.h"
#include "sim/programming.h"
#include "sim/round_costs.h"

namespace kirchhoff::sim {

namespace {

TileReport collect_tile(const hw::Chip& chip, const hw::ChipConfig& config,
                        const mapping::Mapping& mapping, const quant::Layer& shape,
                        mapping::LogicalTile tile, const Counters& counters) {
  const mapping::LayerMapping& layer = mapping.layers[mapping.tiles[tile].layer];
  const hw::TileId place = mapping.position[tile];
  const mapping::TileShare& share = mapping.tiles[tile];
  TileReport report;
  report.tile = tile;
  report.place = place;
  report.router = chip.noc().topology().router_of(hw::node_of(place));
  if (layer.grid.copies() > 1) report.copy_windows = share.piece.windows(shape);
  report.buffer_rows = share.buffer_rows;
  report.buffer_bits = share.buffer_bits;
  for (const mapping::BlockId b : share.blocks) {
    const mapping::Block& block = layer.blocks[b];
    report.blocks.push_back({block.rows, block.columns, block.pe});
  }
  report.allocation = allocation_at(config, chip.noc().topology(), layer, share, tile, place);
  report.counters = counters;
  report.round = index(share.round);
  return report;
}

IndexedVector<hw::RouterId, RouterReport> collect_routers(const hw::Topology& topology,
                                                          const hw::NocCounters& noc) {
  IndexedVector<hw::RouterId, RouterReport> routers(topology.routers());
  for (const hw::RouterId r : routers.ids()) routers[r].links = topology.links(r);
  for (const hw::LinkLoad& link : noc.links) {
    RouterReport& router = routers[link.router];
    router.flits += link.flits;
    if (link.to_router) router.link_flits += link.flits;
    router.stall_cycles += link.stall_cycles;
  }
  return routers;
}

}  // namespace

Allocation allocation_of(const hw::ChipConfig& config, const mapping::LayerMapping& layer,
                         mapping::LogicalTile tile) {
  Allocation a;
  a.tiles = 1;
  std::set<hw::PeId> pes;
  for (const mapping::Block& block : layer.blocks) {
    if (block.tile != tile) continue;
    pes.insert(block.pe);
    a.add_block(config.tile.pe, {block.rows, block.columns, block.pe}, layer.slices);
  }
  a.pes = static_cast<int>(pes.size());
  return a;
}

Allocation allocation_at(const hw::ChipConfig& config, const hw::Topology& topology,
                         const mapping::LayerMapping& layer, const mapping::TileShare& share,
                         mapping::LogicalTile tile, hw::TileId place) {
  Allocation a = allocation_of(config, layer, tile);
  a.multipliers = share.multiplies ? 1 : 0;
  const hw::Topology::Share network = topology.share_of({place});
  a.routers = network.routers;
  a.links = network.links;
  return a;
}

Allocation chip_allocation(const hw::ChipConfig& config) {
  const hw::PeConfig& pe = config.tile.pe;
  Allocation all;
  all.pes = 1;
  all.add_block(pe, {pe.crossbar.rows, pe.crossbar.cols, hw::PeId{0}}, pe.pairs);
  const int tiles = config.mesh_width * config.mesh_height;
  Allocation::visit([&](const char*, auto& amount) { amount *= tiles * config.tile.pes; }, all);
  all.tiles = tiles;
  if (config.mapping.depthwise == hw::Depthwise::kDigital) all.multipliers = tiles;
  const hw::Topology topology(config.mesh_width, config.mesh_height, config.noc);
  all.routers = topology.routers();
  for (const hw::RouterId r : ids<hw::RouterId>(topology.routers())) all.links += topology.links(r);
  return all;
}

UnusedReport unused_hardware(const hw::ChipConfig& config, const Ledger& ledger,
                             const Allocation& used, double duration_ns) {
  UnusedReport unused;
  if (config.unused != hw::Unused::kIdle) return unused;
  unused.allocation = chip_allocation(config);
  unused.allocation -= used;
  unused.energy = ledger.energy(unused.allocation, {}, duration_ns, duration_ns);
  // What it burns is what it leaks; it is not part of the allocated area.
  for (const EnergyEntry& e : unused.energy)
    unused.instances.push_back({e.component, e.instances, e.each_pj, 0, e.key, ""});
  return unused;
}

CostReport collect_report(const hw::Chip& chip, const hw::ChipConfig& config, const Ledger& ledger,
                          const quant::Network& network, const quant::Policy& policy,
                          const mapping::Mapping& mapping, const RunCounts& run) {
  CostReport report;
  const std::vector<hw::ImageTimes>& times = run.times;
  const bool in_rounds = mapping.rounds.size() > 1;
  const auto ns = [](const sc_core::sc_time& t) { return static_cast<double>(t.value()) / 1000.0; };
  const std::uint64_t latency_ps = (times.front().last_result - times.front().first_pixel).value();
  report.images = static_cast<int>(times.size());
  report.latency_ns = static_cast<double>(latency_ps) / 1000.0;
  report.duration_ns = in_rounds ? span_ns(run.passes.front().begin_ps, run.passes.back().end_ps)
                                 : ns(times.back().last_result - times.front().first_pixel);
  if (in_rounds && report.images > 1) {
    report.interval_ns = report.duration_ns / report.images;
  } else if (report.images > 1) {
    report.interval_ns =
        ns(times.back().last_result - times.front().last_result) / (report.images - 1);
  }
  const auto mhz = static_cast<std::uint64_t>(config.clock.tile_mhz);
  report.cycles = (latency_ps * mhz + 999999u) / 1000000u;
  report.tile_mhz = config.clock.tile_mhz;
  report.mesh_width = config.mesh_width;
  report.mesh_height = config.mesh_height;

  Allocation used;
  const hw::NocCounters& noc = run.noc;
  const RoundCosts rounds(config, mapping, run);
  for (const quant::LayerId l : network.layers.ids()) {
    const mapping::LayerMapping& m = mapping.layers[l];
    LayerReport layer;
    layer.name = network.layers[l].name;
    layer.weight_bits = policy.layers[l].weight;
    layer.activation_bits = policy.layers[l].activation;
    layer.crossbars = m.crossbars;
    layer.tiles = m.tiles;
    layer.windows = network.layers[l].windows();
    layer.copies = m.grid.copies();
    layer.rows = network.layers[l].rows();
    layer.columns = network.layers[l].out_channels;
    layer.pool = network.layers[l].pool;
    for (const mapping::LogicalTile t : m.tile_ids()) {
      TileReport tile = collect_tile(chip, config, mapping, network.layers[l], t, run.tiles[t]);
      if (in_rounds) rounds.add_to(tile);
      layer.allocation += tile.allocation;
      add_counters(tile.counters, layer.counters);
      layer.tile_reports.push_back(std::move(tile));
    }
    layer.pes = layer.allocation.pes;
    // A layer that sent no packets has zeros.
    const hw::LayerLabel label = mapping::label_of(l);
    const auto traffic = noc.layers.has(label) ? noc.layers[label] : hw::LayerTraffic{};
    traffic.visit(
        [&](const char* name, std::uint64_t value, const char*) { layer.counters[name] = value; });
    const std::uint64_t cycles = layer.counters.at("end_cycle") - layer.counters.at("begin_cycle");
    layer.latency_ns = static_cast<double>(cycles) * chip.clocks().tile.period_ns();
    for (TileReport& tile : layer.tile_reports) tile.layer_ns = layer.latency_ns;
    layer.energy = ledger.energy(layer, report.duration_ns);
    layer.instances = ledger.instances(layer.allocation);
    layer.ideal = ideal_layer(config, layer, report.images);
    layer.causes = causes_of(layer, chip.clocks().tile.period_ns());
    used += layer.allocation;
    report.layers.push_back(std::move(layer));
  }
  report.unused = unused_hardware(config, ledger, used, report.duration_ns);
  report.programming = programming_cost(config, report);
  if (in_rounds) report.rewriting = rounds.report(network, ledger, report);
  report.noc_mhz = config.clock.noc_mhz;
  report.routers = collect_routers(chip.noc().topology(), noc);
  for (const hw::LinkLoad& link : noc.links) {
    if (!link.to_router) continue;
    report.links.push_back({link.router, *link.to_router, link.flits, link.stall_cycles});
  }
  report.router_columns = chip.noc().topology().columns();
  return report;
}

}  // namespace kirchhoff::sim
