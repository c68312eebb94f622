#include "hw/chip/chip.h"

#include "base/stop_request.h"

namespace kirchhoff::hw {

namespace {

// How much simulated time passes between two looks of the kernel: few enough to cost nothing, and
// a run that goes round in circles still meets the limit of sc_start.
const sc_core::sc_time kAhead(100, sc_core::SC_US);

}  // namespace

Chip::Chip(const sc_core::sc_module_name& name, const ChipConfig& config,
           const ChipOptions& options)
    : sc_module(name),
      config_(config),
      clocks_{Clock(config.clock.pe_mhz), Clock(config.clock.tile_mhz),
              Clock(config.clock.noc_mhz)},
      turns_(config.schedule == Schedule::kSequential
                 ? std::make_unique<Turns>(config.clock, config.tile, [this] { begin_turn(); })
                 : nullptr),
      config_bus_("config_bus"),
      host_("host", clocks_.noc, options.tracer, turns_.get()),
      host_interface_("host_interface",
                      Topology(config.mesh_width, config.mesh_height, config.noc).host(),
                      options.tracer, turns_.get()),
      noc_("noc", config.noc, Topology(config.mesh_width, config.mesh_height, config.noc),
           clocks_.noc, options.tracer) {
  // Traces are watched while they grow, and at fidelity=bit the PEs' events are the kernel's.
  if (!options.tracer && options.fidelity == Fidelity::kMvm) agenda_->run_ahead(kAhead);
  host_.config_socket.bind(config_bus_.host_socket);
  host_.network(host_interface_.port);
  for (const TileId tile : ids<TileId>(noc_.topology().tiles())) {
    give_up_if_stopped();
    tiles_.push_back(std::make_unique<Tile>(("tile" + std::to_string(index(tile))).c_str(), tile,
                                            config_, clocks_, options.fidelity, options.tracer,
                                            options.observer, turns_.get()));
    config_bus_.tile_sockets.bind(tiles_.back()->controller().config_socket);
    attach(tiles_.back()->network_interface());
  }
  attach(host_interface_);
}

// The kernel looks for what is taken down from the end of its lists: the last made goes first.
Chip::~Chip() {
  while (!tiles_.empty()) tiles_.pop_back();
}

// The order of binding is the numbering of the network's end points: tiles, then the host.
void Chip::attach(NetworkInterface& interface) {
  interface.to_noc.bind(noc_.from_interfaces);
  noc_.to_interfaces.bind(interface.from_noc);
}

void Chip::begin_turn() {
  noc_.begin_turn();
  for (auto& tile : tiles_) tile->begin_turn();
}

void Chip::reset(bool erase) {
  clocks_.restart();
  if (turns_) turns_->reset();
  host_.reset();
  host_interface_.reset();
  noc_.reset();
  for (auto& tile : tiles_) tile->reset(erase);
}

void Chip::rewind() {
  clocks_.restart();
  if (turns_) turns_->reset();
  host_.reset();
  host_interface_.reset();
  noc_.reset();
  for (auto& tile : tiles_) tile->rewind();
}

void Chip::name_images(const std::vector<std::uint32_t>& names) {
  for (auto& tile : tiles_) tile->name_images(names);
}

void Chip::keep_times(bool keep) {
  for (auto& tile : tiles_) tile->controller().keep_times(keep);
}

std::vector<std::string> Chip::waiting() const {
  std::vector<std::string> lines;
  // A network that the watchdog stopped is the cause; else the tiles are more likely to be.
  if (noc_.stuck()) noc_.report_waiting(lines);
  for (const auto& tile : tiles_) tile->report_waiting(lines);
  host_interface_.report_waiting(lines);
  if (!noc_.stuck()) noc_.report_waiting(lines);
  return lines;
}

}  // namespace kirchhoff::hw
