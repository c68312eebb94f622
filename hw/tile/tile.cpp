#include "hw/tile/tile.h"

namespace kirchhoff::hw {

Tile::Tile(const sc_core::sc_module_name& name, NodeId node, const ChipConfig& config,
           const Clocks& clocks, Fidelity fidelity, const Tracer* tracer, Observer* observer)
    : sc_module(name),
      edram_("edram", config.tile.edram, clocks.tile, {"fetch", "receive"}, tracer),
      bus_("bus", config.tile.bus, clocks.tile, {"fetch", "drain", "complete", "receive"}, tracer),
      adder_("shift_adder", config.tile.adder, config.tile.tile_register, clocks.tile, tracer),
      sfu_("sfu", config.tile.sfu, clocks.tile, tracer),
      network_interface_("network_interface", node, tracer),
      controller_("controller", node, config, clocks.tile, tracer, observer) {
  // The order of bus targets is the bus's device numbering: PEs, then the eDRAM.
  for (int p = 0; p < config.tile.pes; ++p) {
    pes_.push_back(std::make_unique<Pe>(("pe" + std::to_string(p)).c_str(), static_cast<PeId>(p),
                                        config.tile.pe, clocks.pe, fidelity, tracer));
    Pe& pe = *pes_.back();
    bus_.targets.bind(pe.bus_socket);
    controller_.cell_sockets.bind(pe.cell_socket);
    controller_.pes(pe.control);
    pe.listener(controller_.pe_listener);
  }
  controller_.edram_socket.bind(edram_.ports);
  bus_.targets.bind(edram_.ports);
  for (std::size_t user = 0; user < kBusUsers; ++user)
    controller_.bus_sockets.bind(bus_.initiators);
  controller_.adder(adder_.port);
  controller_.sfu(sfu_.port);
  controller_.network(network_interface_.port);
  controller_.tile(*this);
}

void Tile::reset(bool erase) {
  rewind_datapath();
  network_interface_.reset();
  controller_.reset();
  if (erase) {
    for (auto& pe : pes_) pe->erase();
  }
}

void Tile::rewind() {
  rewind_datapath();
  network_interface_.reset();
  controller_.rewind();
}

void Tile::rewind_datapath() {
  edram_.reset();
  bus_.reset();
  adder_.reset();
  sfu_.reset();
  for (auto& pe : pes_) pe->reset();
}

TileCounters Tile::counters() const {
  TileCounters c;
  for (const auto& pe : pes_) {
    PeCounters one = pe->counters();
    std::vector<std::uint64_t> values;
    one.visit([&](const char*, std::uint64_t value, const char*) { values.push_back(value); });
    std::size_t i = 0;
    c.pe.visit([&](const char*, std::uint64_t& sum, const char*) { sum += values[i++]; });
  }
  c.edram_reads = edram_.reads();
  c.edram_writes = edram_.writes();
  c.edram_stall_cycles = edram_.stall_cycles();
  c.bus_bytes = bus_.bytes();
  c.bus_busy_cycles = bus_.busy_cycles();
  c.bus_stall_cycles = bus_.stall_cycles();
  c.tile_adds = adder_.adds();
  c.tile_register_reads = adder_.register_reads();
  c.tile_register_writes = adder_.register_writes();
  c.requantised = sfu_.requantised();
  c.table_reads = sfu_.table_reads();
  c.pool_comparisons = sfu_.comparisons();
  const ControllerCounters& control = controller_.counters();
  c.commands = control.commands;
  c.windows = control.windows;
  c.begin_cycle = control.begin;
  c.end_cycle = control.end;
  c.wait_input_cycles = control.wait_input;
  c.wait_products_cycles = control.wait_products;
  c.wait_partials_cycles = control.wait_partials;
  return c;
}

std::vector<std::uint64_t> Tile::counter_values() const {
  std::vector<std::uint64_t> values;
  TileCounters all = counters();
  all.visit([&](const char*, std::uint64_t value, const char*) { values.push_back(value); });
  return values;
}

void Tile::report_waiting(std::vector<std::string>& lines) const {
  controller_.report_waiting(lines);
  network_interface_.report_waiting(lines);
}

}  // namespace kirchhoff::hw
