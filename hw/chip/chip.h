#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <systemc>

#include "hw/common/agenda.h"
#include "hw/common/clock.h"
#include "hw/common/fidelity.h"
#include "hw/common/observer.h"
#include "hw/common/turns.h"
#include "hw/config/chip_config.h"
#include "hw/host/config_bus.h"
#include "hw/host/host_port.h"
#include "hw/noc/network_interface.h"
#include "hw/noc/noc.h"
#include "hw/tile/tile.h"

namespace kirchhoff::hw {

/// What is fixed at elaboration besides the hardware configuration.
struct ChipOptions {
  Fidelity fidelity = Fidelity::kMvm;
  const Tracer* tracer = nullptr;  ///< null: no waveforms, no cost
  Observer* observer = nullptr;    ///< null: nobody compares
};

/// The accelerator: tiles, the network between them, the host port at router 0, and the
/// configuration bus. Elaborated once per process; a policy is a program.
class Chip final : public sc_core::sc_module {
 public:
  /// `config.mesh_width` and `mesh_height` must be resolved (not 0).
  Chip(const sc_core::sc_module_name& name, const ChipConfig& config, const ChipOptions& options);
  ~Chip() override;

  const ChipConfig& config() const { return config_; }
  const Clocks& clocks() const { return clocks_; }
  HostPort& host() { return host_; }
  const Tile& tile(TileId id) const { return *tiles_[id]; }
  Tile& tile(TileId id) { return *tiles_[id]; }
  const Noc& noc() const { return noc_; }
  /// Null when layers overlap.
  Turns* turns() { return turns_.get(); }
  int tiles() const { return tiles_.size(); }

  /// Back to the state after elaboration; `erase`: crossbars included. Only while the kernel is
  /// paused and the chip idle.
  void reset(bool erase = true);
  /// Another run of the loaded program: counters, buffers and clock phases restart, program and
  /// cells stay.
  void rewind();
  /// Names of the images of the runs to come (Pe::name_images).
  void name_images(const std::vector<std::uint32_t>& names);
  /// Whether tiles account for their time (TileAccount) in the runs to come. Only with it off where
  /// nobody reads TileTimes, nor traces.
  void keep_times(bool keep);
  /// Who waits for what, one line each; for the report of a run that did not finish.
  std::vector<std::string> waiting() const;

 private:
  void begin_turn();
  void attach(NetworkInterface& interface);

  const ChipConfig config_;
  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  Clocks clocks_;
  std::unique_ptr<Turns> turns_;  ///< with chip.schedule = sequential
  ConfigBus config_bus_;
  HostPort host_;
  NetworkInterface host_interface_;
  Noc noc_;
  IndexedVector<TileId, std::unique_ptr<Tile>> tiles_;
};

}  // namespace kirchhoff::hw
