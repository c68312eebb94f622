#pragma once

#include <vector>

#include <systemc>

#include "hw/common/observer.h"
#include "hw/controller/channels.h"
#include "hw/controller/input_map.h"
#include "hw/controller/sequence.h"
#include "hw/ports/sfu_port.h"
#include "hw/ports/tile_adder_port.h"

namespace kirchhoff::hw {

/// Sums of a group: to the tile that completes it, or, where that is this tile, remote partial
/// sums, SFU and next hops.
class CompleteSequence final : public Sequence {
 public:
  CompleteSequence(const SequenceContext& context, NodeId node, const RegisterFile& registers,
                   ControllerSockets& bus, ControllerSockets& edram,
                   sc_core::sc_port<TileAdderIf>& adder, sc_core::sc_port<SfuIf>& sfu,
                   sc_core::sc_port<NetworkIf>& network, SumsSlot& sums, PartialSums& partials,
                   PartialCredits& partial_credits, RowCredits& row_credits, InputMap& residual,
                   WindowCount& completed, Observer* observer);
  void reset() { maxima_.assign(program().groups.size(), {}); }

 private:
  void run() override;
  GroupSums next_sums();
  void complete(GroupSums& sums, const Group& group);
  void send_partial(GroupSums& sums, const Group& group);
  void take_partials(GroupSums& sums, const Group& group);
  void deliver_result(const GroupSums& sums, const Group& group, int pixel);
  void activate(GroupSums& sums, const Group& group, int image, const Window& window);
  void take_residual(const Group& group, int image, const Window& window);
  void free_residual(int image, const Window& window);
  SfuOperands operands_of(const Group& group, const Window& window) const;
  void send_outputs(GroupId g, const Group& group, int image, const Window& window);
  static bool travels(const HopRegisters& hop, int y, int x);
  void wait_for_room(GroupId g, const Group& group, int image, int y, int x);

  const NodeId node_;
  const RegisterFile& registers_;
  sc_core::sc_port<TileAdderIf>& adder_;
  sc_core::sc_port<SfuIf>& sfu_;
  SumsSlot& sums_;
  PartialSums& partials_;
  PartialCredits& partial_credits_;
  RowCredits& row_credits_;
  InputMap& residual_;
  WindowCount& completed_;
  Observer* const observer_;
  BusAccess bus_;
  EdramAccess edram_;
  NetworkAccess network_;
  std::vector<std::int32_t> second_;     ///< second operand of the present sums
  IndexedVector<GroupId, Sums> maxima_;  ///< max-pool registers
};

}  // namespace kirchhoff::hw
