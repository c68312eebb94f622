#include "hw/tile/tile_bus.h"

namespace kirchhoff::hw {

TileBus::TileBus(const sc_core::sc_module_name& name, const BusConfig& config, const Clock& clock,
                 std::vector<const char*> initiator_names, const Tracer* tracer)
    : sc_module(name), config_(config), wires_("wires", clock, std::move(initiator_names), tracer) {
  initiators.register_b_transport(this, &TileBus::b_transport);
}

void TileBus::reset() {
  wires_.reset();
  bytes_ = 0;
}

void TileBus::b_transport(int initiator, tlm::tlm_generic_payload& trans, sc_core::sc_time& delay) {
  const TransferExtension& transfer = TransferExtension::of(trans);
  const long long width = config_.width_bits;
  wires_.occupy(static_cast<std::size_t>(initiator),
                static_cast<Cycle>((transfer.wire_bits + width - 1) / width));
  bytes_ += static_cast<std::uint64_t>((transfer.wire_bits + 7) / 8);
  trans.set_response_status(tlm::TLM_OK_RESPONSE);
  for (const int device : transfer.devices) targets[device]->b_transport(trans, delay);
}

}  // namespace kirchhoff::hw
