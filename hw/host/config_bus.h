#pragma once

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>

#include "hw/config/register_map.h"

namespace kirchhoff::hw {

/// Decodes the host's register accesses: tile t owns kTileStride bytes from t*kTileStride.
class ConfigBus final : public sc_core::sc_module {
 public:
  tlm_utils::simple_target_socket<ConfigBus> host_socket{"host_socket"};
  tlm_utils::multi_passthrough_initiator_socket<ConfigBus> tile_sockets{"tile_sockets"};

  explicit ConfigBus(const sc_core::sc_module_name& name) : sc_module(name) {
    host_socket.register_b_transport(this, &ConfigBus::b_transport);
    host_socket.register_transport_dbg(this, &ConfigBus::transport_dbg);
  }

 private:
  void b_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
    const reg::Address address = trans.get_address();
    const std::uint64_t tile = address / reg::kTileStride;
    if (tile >= static_cast<std::uint64_t>(tile_sockets.size())) {
      trans.set_response_status(tlm::TLM_ADDRESS_ERROR_RESPONSE);
      return;
    }
    trans.set_address(address % reg::kTileStride);
    tile_sockets[static_cast<int>(tile)]->b_transport(trans, delay);
    trans.set_address(address);
  }
  unsigned transport_dbg(tlm::tlm_generic_payload& trans) {
    const reg::Address address = trans.get_address();
    const std::uint64_t tile = address / reg::kTileStride;
    if (tile >= static_cast<std::uint64_t>(tile_sockets.size())) return 0;
    trans.set_address(address % reg::kTileStride);
    const unsigned bytes = tile_sockets[static_cast<int>(tile)]->transport_dbg(trans);
    trans.set_address(address);
    return bytes;
  }
};

}  // namespace kirchhoff::hw
