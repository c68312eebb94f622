#include "sim/ledger.h"

namespace kirchhoff::sim {

namespace {

double sample_ghz(const hw::ChipConfig& config) {
  return config.clock.pe_mhz / 1000.0 / config.tile.pe.adc.cycles;
}

}  // namespace

std::vector<EnergyEntry> energy_entries(const hw::ChipConfig& config, const Allocation& a,
                                        const std::map<std::string, std::uint64_t>& counters,
                                        double latency_ns) {
  std::vector<EnergyEntry> entries;
  const auto event = [&](const char* component, const char* counter, hw::Energy each) {
    entries.push_back(
        {component, counter, static_cast<double>(counters.at(counter)), each.picojoules()});
  };
  const auto leakage = [&](const char* component, double instances, hw::Power each) {
    entries.push_back({component, "leakage", instances * latency_ns, each.milliwatts()});
  };
  const hw::TileConfig& tile = config.tile;
  const hw::PeConfig& pe = tile.pe;

  event("crossbar", "cell_reads", pe.crossbar.nominal_cell_read());
  event("dac", "dac_drives", pe.dac.drive_energy);
  leakage("dac", a.dacs, pe.dac.leak);
  event("subtractor", "subtractions", pe.subtractor.subtract);
  event("sample_hold", "samples", pe.sample_hold.sample);
  leakage("sample_hold", a.columns, pe.sample_hold.leak);
  event("adc", "conversions", pe.adc.conversion_energy());
  leakage("adc", a.adcs, pe.adc.leakage(sample_ghz(config)));
  event("shift_adder", "shift_adds", pe.shift_adder.add);
  leakage("shift_adder", a.pairs, pe.shift_adder.leak);
  event("input_register", "input_reads", pe.input_register.read);
  event("input_register", "input_writes", pe.input_register.write);
  leakage("input_register", a.pes, pe.input_register.leak);
  event("output_register", "output_reads", pe.output_register.read);
  event("output_register", "output_writes", pe.output_register.write);
  leakage("output_register", a.pes, pe.output_register.leak);
  event("edram", "edram_reads", tile.edram.read);
  event("edram", "edram_writes", tile.edram.write);
  leakage("edram", a.tiles, tile.edram.leak);
  event("bus", "bus_bytes", tile.bus.byte);
  leakage("bus", a.tiles, tile.bus.leak);
  event("tile_adder", "tile_adds", tile.adder.add);
  leakage("tile_adder", a.tiles, tile.adder.leak);
  event("tile_register", "tile_register_reads", tile.tile_register.read);
  event("tile_register", "tile_register_writes", tile.tile_register.write);
  leakage("tile_register", a.tiles, tile.tile_register.leak);
  event("sfu", "requantised", tile.sfu.requantise);
  event("sfu", "table_reads", tile.sfu.lut);
  event("sfu", "pool_comparisons", tile.sfu.pool);
  leakage("sfu", a.tiles, tile.sfu.leak);
  event("controller", "commands", tile.controller.command);
  leakage("controller", a.tiles, tile.controller.leak);
  event("router", "router_flits", config.noc.router_flit);
  leakage("router", a.routers, config.noc.router_leak);
  event("link", "link_flits", config.noc.hop_mm() * config.noc.link_flit_mm);
  leakage("link", a.links * config.noc.hop_mm(), config.noc.link_leak_mm);
  return entries;
}

std::vector<InstanceEntry> instance_entries(const hw::ChipConfig& config, const Allocation& a) {
  std::vector<InstanceEntry> entries;
  const auto add = [&](const char* component, double instances, hw::Power power, hw::Area area) {
    entries.push_back({component, instances, power.milliwatts(), area.square_micrometres()});
  };
  const hw::TileConfig& tile = config.tile;
  const hw::PeConfig& pe = tile.pe;
  add("crossbar", 2.0 * a.pairs, pe.crossbar.rated, pe.crossbar.area);
  add("dac", a.dacs, pe.dac.rated, pe.dac.area);
  add("subtractor", a.pairs, pe.subtractor.rated, pe.subtractor.area);
  add("sample_hold", a.columns, pe.sample_hold.rated, pe.sample_hold.area);
  add("adc", a.adcs, pe.adc.rated_power(sample_ghz(config)), pe.adc.silicon());
  add("shift_adder", a.pairs, pe.shift_adder.rated, pe.shift_adder.area);
  add("input_register", a.pes, pe.input_register.rated, pe.input_register.area);
  add("output_register", a.pes, pe.output_register.rated, pe.output_register.area);
  add("edram", a.tiles, tile.edram.rated, tile.edram.area);
  add("bus", a.tiles, tile.bus.rated, tile.bus.area);
  add("tile_adder", a.tiles, tile.adder.rated, tile.adder.area);
  add("tile_register", a.tiles, tile.tile_register.rated, tile.tile_register.area);
  add("sfu", a.tiles, tile.sfu.rated, tile.sfu.area);
  add("controller", a.tiles, tile.controller.rated, tile.controller.area);
  add("router", a.routers, config.noc.router_rated, config.noc.router_area);
  add("link", a.links * config.noc.hop_mm(), config.noc.link_rated_mm, hw::Area{});
  return entries;
}

}  // namespace kirchhoff::sim
