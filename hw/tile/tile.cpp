#include "hw/tile/tile.h"

#include <algorithm>

namespace kirchhoff::hw {

const std::array<TimeCounter, kActivities>& time_counters() {
  static const auto counters = [] {
    std::array<TimeCounter, kActivities> all;
    for (std::size_t i = 0; i < kActivities; ++i) {
      const auto activity = static_cast<Activity>(i);
      std::string meaning = name_of(activity);
      all[i].name = meaning + "_ps";
      std::replace(meaning.begin(), meaning.end(), '_', ' ');
      all[i].meaning = activity == Activity::kMultiply
                           ? "picoseconds of products"
                           : "picoseconds that the PEs waited for it: " + meaning;
    }
    return all;
  }();
  return counters;
}

Tile::Tile(const sc_core::sc_module_name& name, TileId tile, const ChipConfig& config,
           const Clocks& clocks, Fidelity fidelity, const Tracer* tracer, Observer* observer,
           Turns* turns)
    : sc_module(name),
      edram_("edram", config.tile.edram, clocks.tile, {"fetch", "receive", "complete"}, tracer),
      line_buffer_("line_buffer", config.tile.line_buffer),
      bus_("bus", config.tile.bus, clocks.tile, {"fetch", "drain", "complete", "receive"}, tracer),
      adder_("shift_adder", config.tile.adder, config.tile.tile_register, tracer),
      sfu_("sfu", config.tile.sfu, config.tile.multiplier, clocks.tile, tracer),
      network_interface_("network_interface", node_of(tile), tracer, turns),
      controller_("controller", tile, config, clocks.tile, tracer, observer, turns) {
  // The order of bus targets is the bus's device numbering.
  for (const PeId p : ids<PeId>(config.tile.pes)) {
    pes_.push_back(std::make_unique<Pe>(("pe" + std::to_string(index(p))).c_str(), p,
                                        config.tile.pe, clocks.pe, fidelity, tracer));
    Pe& pe = *pes_.back();
    bus_.targets.bind(pe.bus_socket);
    controller_.cell_sockets.bind(pe.cell_socket);
    controller_.pes(pe.control);
    pe.listener(controller_.pe_listener);
  }
  for (std::size_t user = 0; user < kEdramUsers; ++user)
    controller_.edram_sockets.bind(edram_.ports);
  for (std::size_t user = 0; user < kBusUsers; ++user)
    controller_.bus_sockets.bind(bus_.initiators);
  controller_.line_buffer(line_buffer_.port);
  controller_.adder(adder_.port);
  controller_.sfu(sfu_.port);
  controller_.network(network_interface_.port);
  controller_.tile(*this);
}

// Last made, first gone: see Chip.
Tile::~Tile() {
  while (!pes_.empty()) pes_.pop_back();
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

void Tile::begin_turn() {
  edram_.restart();
  bus_.restart();
}

void Tile::rewind_datapath() {
  edram_.reset();
  line_buffer_.reset();
  bus_.reset();
  adder_.reset();
  sfu_.reset();
  for (auto& pe : pes_) pe->reset();
}

void Tile::name_images(const std::vector<std::uint32_t>& names) {
  for (auto& pe : pes_) pe->name_images(names);
}

TileCounters Tile::counters() const {
  TileCounters c;
  for (const auto& pe : pes_) c.pe += pe->counters();
  c.edram_reads = edram_.reads();
  c.edram_writes = edram_.writes();
  c.edram_stall_cycles = edram_.stall_cycles();
  c.line_reads = line_buffer_.reads();
  c.line_writes = line_buffer_.writes();
  c.bus_bytes = bus_.bytes();
  c.bus_busy_cycles = bus_.busy_cycles();
  c.bus_stall_cycles = bus_.stall_cycles();
  c.tile_adds = adder_.adds();
  c.tile_register_reads = adder_.register_reads();
  c.tile_register_writes = adder_.register_writes();
  c.requantised = sfu_.requantised();
  c.table_reads = sfu_.table_reads();
  c.pool_comparisons = sfu_.comparisons();
  c.sfu_additions = sfu_.reductions();
  c.bit_products = sfu_.multiplier().bit_products();
  c.weight_reads = sfu_.multiplier().weight_reads();
  const ControllerCounters control = controller_.counters();
  c.commands = control.commands;
  c.windows = control.windows;
  c.begin_cycle = control.begin;
  c.end_cycle = control.end;
  c.buffer_rows = static_cast<std::uint64_t>(control.buffer_rows);
  c.partial_windows = static_cast<std::uint64_t>(control.partial_windows);
  c.residual_rows = static_cast<std::uint64_t>(control.residual_rows);
  c.times = controller_.times();
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
