#include "hw/tile/tile_bus.h"

#include <algorithm>

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
  Cycle cycles = 0, of_beat = 0;
  const Beat* before = nullptr;  // mostly as long
  for (const Beat& beat : transfer.beats) {
    if (!before || beat.wire_bits != before->wire_bits || beat.at_least != before->at_least)
      of_beat = std::max(static_cast<Cycle>((beat.wire_bits + width - 1) / width), beat.at_least);
    before = &beat;
    cycles += of_beat;
    bytes_ += static_cast<std::uint64_t>((beat.wire_bits + 7) / 8);
  }
  wires_.occupy(static_cast<std::size_t>(initiator), cycles, transfer.listener);
  // Devices take or deliver their data at once, so one transaction serves all beats.
  part_.set_command(trans.get_command());
  for (const Beat& beat : transfer.beats) {
    if (!beat.targets) continue;
    part_.set_data_ptr(static_cast<unsigned char*>(beat.data));
    part_.set_data_length(beat.data ? static_cast<unsigned>(beat.bytes) : 0);
    for (const BusTarget& target : *beat.targets) {
      part_.set_address(beat.address + target.offset);
      targets[target.device]->b_transport(part_, delay);
    }
  }
  trans.set_response_status(tlm::TLM_OK_RESPONSE);
}

}  // namespace kirchhoff::hw
