#pragma once

#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include "hw/common/shared_resource.h"
#include "hw/config/tile_config.h"
#include "hw/ports/transfer.h"

namespace kirchhoff::hw {

/// The bus of a tile: one transfer at a time, round-robin between initiators, `bus.width_bits` per
/// cycle. b_transport waits for the bus, holds it for all beats of the transaction's extension,
/// then reaches their devices (numbered in the order in which targets were bound). Call from
/// threads.
class TileBus final : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<TileBus> initiators{"initiators"};
  tlm_utils::multi_passthrough_initiator_socket<TileBus> targets{"targets"};

  TileBus(const sc_core::sc_module_name& name, const BusConfig& config, const Clock& clock,
          std::vector<const char*> initiator_names, const Tracer* tracer = nullptr);
  void reset();
  /// As SharedResource::restart().
  void restart() { wires_.restart(); }
  std::uint64_t bytes() const { return bytes_; }  ///< moved, whole bytes per transfer
  Cycle busy_cycles() const { return wires_.busy_cycles(); }
  Cycle stall_cycles() const { return wires_.stall_cycles(); }

 private:
  void b_transport(int initiator, tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);

  const BusConfig config_;
  SharedResource wires_;
  tlm::tlm_generic_payload part_;
  std::uint64_t bytes_ = 0;
};

}  // namespace kirchhoff::hw
