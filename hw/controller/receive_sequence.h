#pragma once

#include <vector>

#include <systemc>

#include "hw/controller/channels.h"
#include "hw/controller/input_map.h"
#include "hw/controller/sequence.h"
#include "hw/ports/tile_adder_port.h"

namespace kirchhoff::hw {

/// Packets -> eDRAM buffer, partial sums, credits. Goes on after the last window.
class ReceiveSequence final : public Sequence {
 public:
  ReceiveSequence(const SequenceContext& context, ControllerSockets& bus, ControllerSockets& edram,
                  sc_core::sc_port<TileAdderIf>& adder, sc_core::sc_port<NetworkIf>& network,
                  InputMap& input, InputMap& residual, PartialSums& partials,
                  PartialCredits& partial_credits, RowCredits& row_credits);

 private:
  void run() override;
  void handle(const Packet& packet);
  void receive_activation(const Packet& packet);
  void receive_partial(const Packet& packet);

  sc_core::sc_port<TileAdderIf>& adder_;
  sc_core::sc_port<NetworkIf>& network_;
  InputMap& input_;
  InputMap& residual_;
  PartialSums& partials_;
  PartialCredits& partial_credits_;
  RowCredits& row_credits_;
  BusAccess bus_;
  EdramAccess edram_;
  std::vector<std::int32_t> values_;
};

}  // namespace kirchhoff::hw
