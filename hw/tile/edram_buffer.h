#pragma once

#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/multi_passthrough_target_socket.h>

#include "hw/common/shared_resource.h"
#include "hw/config/tile_config.h"
#include "hw/ports/transfer.h"

namespace kirchhoff::hw {

/// The eDRAM buffer of a tile: the input map of its layer, or the rows of it that are needed at a
/// time, as a ring of whole rows; pixel after pixel, channels innermost. The address is an element
/// index; a transaction is a two-dimensional burst (TransferExtension). Every row of a burst starts
/// at a new word, accesses overlap over the banks. The mapper sees to it that the ring fits. Call
/// from threads: b_transport waits.
class EdramBuffer final : public sc_core::sc_module {
 public:
  tlm_utils::multi_passthrough_target_socket<EdramBuffer> ports{"ports"};

  EdramBuffer(const sc_core::sc_module_name& name, const EdramConfig& config, const Clock& clock,
              std::vector<const char*> port_names, const Tracer* tracer = nullptr);
  /// Counters and contents are gone.
  void reset();
  /// As SharedResource::restart().
  void restart() { array_.restart(); }
  std::uint64_t reads() const { return reads_; }    ///< words
  std::uint64_t writes() const { return writes_; }  ///< words
  Cycle busy_cycles() const { return array_.busy_cycles(); }
  Cycle stall_cycles() const { return array_.stall_cycles(); }

 private:
  void b_transport(int port, tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);

  const EdramConfig config_;
  const Cycle access_cycles_;
  SharedResource array_;
  std::vector<std::int32_t> elements_;
  std::uint64_t reads_ = 0, writes_ = 0;
};

}  // namespace kirchhoff::hw
