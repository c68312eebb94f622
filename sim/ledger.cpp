#include "sim/ledger.h"

namespace kirchhoff::sim {

namespace {

double sample_ghz(const hw::ChipConfig& config) {
  return config.clock.pe_mhz / 1000.0 / config.tile.pe.adc.cycles;
}

int held_columns(const hw::PeConfig& pe, const Allocation& a) {
  return pe.sample_hold.present ? a.columns : 0;
}

}  // namespace

double awake_ns(const hw::ChipConfig& config, double layer_ns) {
  return layer_ns + config.wake.nanoseconds() + config.wake_leak.nanoseconds();
}

std::vector<EnergyEntry> energy_entries(const hw::ChipConfig& config, const Allocation& a,
                                        const Counters& counters, double run_ns, double layer_ns) {
  std::vector<EnergyEntry> entries;
  const auto event = [&](const char* component, const char* counter, hw::Energy each,
                         const char* key) {
    const auto count = counters.find(counter);
    if (count == counters.end()) return;
    entries.push_back(
        {component, counter, static_cast<double>(count->second), each.picojoules(), key, 0});
  };
  const auto leakage = [&](const char* component, double instances, hw::Power each,
                           const char* key) {
    entries.push_back(
        {component, "leakage", instances * run_ns, each.milliwatts(), key, instances});
  };
  // Of what holds nothing while its layer waits: weights are non-volatile.
  const auto idle_leakage = [&](const char* component, double instances, hw::Power each,
                                const char* key) {
    if (config.unused != hw::Unused::kGatedLayers) return leakage(component, instances, each, key);
    entries.push_back({component, "leakage_awake", instances * awake_ns(config, layer_ns),
                       each.milliwatts(), key, instances});
  };
  const hw::TileConfig& tile = config.tile;
  const hw::PeConfig& pe = tile.pe;

  if (pe.crossbar.energy == hw::CrossbarEnergy::kData) {
    const double level = 1.0 / hw::top_level(pe.crossbar.cell_bits);
    event("crossbar", "lrs_reads", level * pe.crossbar.lrs_read, "crossbar.lrs_read_pj");
    event("crossbar", "hrs_reads", level * pe.crossbar.hrs_read, "crossbar.hrs_read_pj");
  } else {
    event("crossbar", "cell_reads", pe.crossbar.nominal_cell_read(), "crossbar.lrs_read_pj");
  }
  event("dac", "dac_drives", pe.dac.drive_energy, "dac.drive_pj");
  idle_leakage("dac", a.dacs, pe.dac.leak, "dac.leak_mw");
  event("subtractor", "subtractions", pe.subtractor.subtract, "subtractor.subtract_pj");
  event("sample_hold", "samples", pe.sample_hold.sample, "sample_hold.sample_pj");
  idle_leakage("sample_hold", held_columns(pe, a), pe.sample_hold.leak, "sample_hold.leak_mw");
  event("adc", "conversions", pe.adc.conversion_energy(), "adc.conversion_pj");
  idle_leakage("adc", a.adcs, pe.adc.leakage(sample_ghz(config)), "adc.leak_mw");
  event("shift_adder", "shift_adds", pe.shift_adder.add, "shift_adder.add_pj");
  idle_leakage("shift_adder", a.pairs, pe.shift_adder.leak, "shift_adder.leak_mw");
  event("input_register", "input_reads", pe.input_register.read, "input_register.read_pj");
  event("input_register", "input_writes", pe.input_register.write, "input_register.write_pj");
  idle_leakage("input_register", a.pes, pe.input_register.leak, "input_register.leak_mw");
  event("output_register", "output_reads", pe.output_register.read, "output_register.read_pj");
  event("output_register", "output_writes", pe.output_register.write, "output_register.write_pj");
  idle_leakage("output_register", a.pes, pe.output_register.leak, "output_register.leak_mw");
  event("edram", "edram_reads", tile.edram.read, "edram.read_pj");
  event("edram", "edram_writes", tile.edram.write, "edram.write_pj");
  leakage("edram", a.tiles, tile.edram.leak, "edram.leak_mw");
  event("line_buffer", "line_reads", tile.line_buffer.access.read, "line_buffer.read_pj");
  event("line_buffer", "line_writes", tile.line_buffer.access.write, "line_buffer.write_pj");
  idle_leakage("line_buffer", a.tiles, tile.line_buffer.access.leak, "line_buffer.leak_mw");
  event("bus", "bus_bytes", tile.bus.byte, "bus.byte_pj");
  leakage("bus", a.tiles, tile.bus.leak, "bus.leak_mw");
  event("tile_adder", "tile_adds", tile.adder.add, "tile_adder.add_pj");
  idle_leakage("tile_adder", a.tiles, tile.adder.leak, "tile_adder.leak_mw");
  event("tile_register", "tile_register_reads", tile.tile_register.read, "tile_register.read_pj");
  event("tile_register", "tile_register_writes", tile.tile_register.write,
        "tile_register.write_pj");
  idle_leakage("tile_register", a.tiles, tile.tile_register.leak, "tile_register.leak_mw");
  event("sfu", "requantised", tile.sfu.requantise, "sfu.requantise_pj");
  event("sfu", "table_reads", tile.sfu.lut, "sfu.lut_pj");
  event("sfu", "pool_comparisons", tile.sfu.pool, "sfu.pool_pj");
  idle_leakage("sfu", a.tiles, tile.sfu.leak, "sfu.leak_mw");
  event("controller", "commands", tile.controller.command, "controller.command_pj");
  leakage("controller", a.tiles, tile.controller.leak, "controller.leak_mw");
  event("router", "router_flits", config.noc.router_flit, "router.flit_pj");
  leakage("router", a.routers, config.noc.router_leak, "router.leak_mw");
  event("link", "link_flits", config.noc.hop_mm() * config.noc.link_flit_mm, "link.flit_mm_pj");
  leakage("link", a.links * config.noc.hop_mm(), config.noc.link_leak_mm, "link.leak_mm_mw");
  return entries;
}

std::vector<InstanceEntry> instance_entries(const hw::ChipConfig& config, const Allocation& a) {
  std::vector<InstanceEntry> entries;
  const auto add = [&](const char* component, double instances, hw::Power power, hw::Area area,
                       const char* power_key, const char* area_key) {
    entries.push_back(
        {component, instances, power.milliwatts(), area.square_micrometres(), power_key, area_key});
  };
  const hw::TileConfig& tile = config.tile;
  const hw::PeConfig& pe = tile.pe;
  const int arrays = hw::arrays_per_lane(pe.encoding);
  add("crossbar", 1.0 * arrays * a.pairs, pe.crossbar.rated, pe.crossbar.area, "crossbar.rated_mw",
      "crossbar.area_um2");
  add("dac", a.dacs, pe.dac.rated, pe.dac.area, "dac.rated_mw", "dac.area_um2");
  add("subtractor", arrays == 2 ? a.pairs : 0, pe.subtractor.rated, pe.subtractor.area,
      "subtractor.rated_mw", "subtractor.area_um2");
  add("sample_hold", held_columns(pe, a), pe.sample_hold.rated, pe.sample_hold.area,
      "sample_hold.rated_mw", "sample_hold.area_um2");
  add("adc", a.adcs, pe.adc.rated_power(sample_ghz(config)), pe.adc.silicon(), "adc.rated_mw",
      "adc.area_um2");
  add("shift_adder", a.pairs, pe.shift_adder.rated, pe.shift_adder.area, "shift_adder.rated_mw",
      "shift_adder.area_um2");
  add("input_register", a.pes, pe.input_register.rated, pe.input_register.area,
      "input_register.rated_mw", "input_register.area_um2");
  add("output_register", a.pes, pe.output_register.rated, pe.output_register.area,
      "output_register.rated_mw", "output_register.area_um2");
  add("edram", a.tiles, tile.edram.rated, tile.edram.area, "edram.rated_mw", "edram.area_um2");
  add("line_buffer", a.tiles, tile.line_buffer.access.rated, tile.line_buffer.access.area,
      "line_buffer.rated_mw", "line_buffer.area_um2");
  add("bus", a.tiles, tile.bus.rated, tile.bus.area, "bus.rated_mw", "bus.area_um2");
  add("tile_adder", a.tiles, tile.adder.rated, tile.adder.area, "tile_adder.rated_mw",
      "tile_adder.area_um2");
  add("tile_register", a.tiles, tile.tile_register.rated, tile.tile_register.area,
      "tile_register.rated_mw", "tile_register.area_um2");
  add("sfu", a.tiles, tile.sfu.rated, tile.sfu.area, "sfu.rated_mw", "sfu.area_um2");
  add("controller", a.tiles, tile.controller.rated, tile.controller.area, "controller.rated_mw",
      "controller.area_um2");
  add("router", a.routers, config.noc.router_rated, config.noc.router_area, "router.rated_mw",
      "router.area_um2");
  add("link", a.links * config.noc.hop_mm(), config.noc.link_rated_mm, hw::Area{},
      "link.rated_mm_mw", "");
  return entries;
}

TileTotals tile_totals(const hw::ChipConfig& config, const TileReport& tile, double run_ns) {
  TileTotals totals;
  for (const EnergyEntry& e :
       energy_entries(config, tile.allocation, tile.counters, run_ns, tile.layer_ns))
    totals.energy_pj += e.energy_pj();
  for (const InstanceEntry& e : instance_entries(config, tile.allocation)) {
    totals.power_rated_mw += e.power_mw();
    totals.area_um2 += e.area_um2();
  }
  return totals;
}

}  // namespace kirchhoff::sim
