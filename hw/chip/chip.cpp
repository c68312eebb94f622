#include "hw/chip/chip.h"

namespace kirchhoff::hw {

Chip::Chip(const sc_core::sc_module_name& name, const ChipConfig& config,
           const ChipOptions& options)
    : sc_module(name),
      config_(config),
      mesh_{config.mesh_width, config.mesh_height},
      clocks_{Clock(config.clock.pe_mhz), Clock(config.clock.tile_mhz),
              Clock(config.clock.noc_mhz)},
      config_bus_("config_bus"),
      host_("host", clocks_.noc, options.tracer),
      host_interface_("host_interface", mesh_.host(), config.noc, clocks_.noc, pool_,
                      options.tracer) {
  host_.config_socket.bind(config_bus_.host_socket);
  host_.network(host_interface_.port);

  for (int i = 0; i < mesh_.routers(); ++i) {
    const std::string number = std::to_string(i);
    routers_.push_back(std::make_unique<Router>(("router" + number).c_str(), i, mesh_, config.noc,
                                                clocks_.noc, options.tracer));
    tiles_.push_back(std::make_unique<Tile>(("tile" + number).c_str(), static_cast<NodeId>(i),
                                            config_, clocks_, options.fidelity, pool_,
                                            options.tracer, options.observer));
    config_bus_.tile_sockets.bind(tiles_.back()->controller().config_socket);
  }
  for (int i = 0; i < mesh_.routers(); ++i) {
    Router& router = *routers_[static_cast<std::size_t>(i)];
    if (router.has_port(kEast)) {
      Router& east = *routers_[static_cast<std::size_t>(i + 1)];
      router.output(kEast).bind(east.input(kWest));
      east.output(kWest).bind(router.input(kEast));
    }
    if (router.has_port(kSouth)) {
      Router& south = *routers_[static_cast<std::size_t>(i + mesh_.width)];
      router.output(kSouth).bind(south.input(kNorth));
      south.output(kNorth).bind(router.input(kSouth));
    }
    NetworkInterface& interface = tiles_[static_cast<std::size_t>(i)]->network_interface();
    interface.to_router.bind(router.input(kLocal));
    router.output(kLocal).bind(interface.from_router);
  }
  host_interface_.to_router.bind(routers_[0]->input(kLocal + 1));
  routers_[0]->output(kLocal + 1).bind(host_interface_.from_router);
}

void Chip::reset() {
  clocks_.restart();
  host_.reset();
  host_interface_.reset();
  for (auto& router : routers_) router->reset();
  for (auto& tile : tiles_) tile->reset(true);
}

void Chip::rewind() {
  clocks_.restart();
  host_.reset();
  host_interface_.reset();
  for (auto& router : routers_) router->reset();
  for (auto& tile : tiles_) tile->rewind();
}

std::vector<std::string> Chip::waiting() const {
  std::vector<std::string> lines;
  for (const auto& tile : tiles_) tile->report_waiting(lines);
  host_interface_.report_waiting(lines);
  for (const auto& router : routers_) router->report_waiting(lines);
  return lines;
}

}  // namespace kirchhoff::hw
