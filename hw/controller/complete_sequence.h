#pragma once

#include <vector>

#include <systemc>

#include "hw/common/observer.h"
#include "hw/controller/channels.h"
#include "hw/controller/sequence.h"
#include "hw/ports/sfu_port.h"
#include "hw/ports/tile_adder_port.h"

namespace kirchhoff::hw {

/// Sums of a group: to the tile that completes it, or, where that is this tile, remote partial
/// sums, SFU and next hops.
class CompleteSequence final : public Sequence {
 public:
  CompleteSequence(const SequenceContext& context, NodeId node, const RegisterFile& registers,
                   ControllerSockets& bus, sc_core::sc_port<TileAdderIf>& adder,
                   sc_core::sc_port<SfuIf>& sfu, sc_core::sc_port<NetworkIf>& network,
                   SumsSlot& sums, PartialSums& partials, PartialCredits& partial_credits,
                   RowCredits& row_credits, WindowCount& completed, Observer* observer);
  void reset() { maxima_.assign(program().groups.size(), {}); }

 private:
  void run() override;
  GroupSums next_sums();
  void complete(GroupSums& sums, const Group& group);
  void send_partial(GroupSums& sums, const Group& group);
  void take_partials(GroupSums& sums, const Group& group);
  void deliver_result(const GroupSums& sums, const Group& group, int pixel);
  void activate(GroupSums& sums, const Group& group, int image, const Window& window);
  void send_outputs(GroupId g, const Group& group, int image, const Window& window);
  void wait_for_room(GroupId g, const Group& group, long long row);

  const NodeId node_;
  const RegisterFile& registers_;
  sc_core::sc_port<TileAdderIf>& adder_;
  sc_core::sc_port<SfuIf>& sfu_;
  SumsSlot& sums_;
  PartialSums& partials_;
  PartialCredits& partial_credits_;
  RowCredits& row_credits_;
  WindowCount& completed_;
  Observer* const observer_;
  BusAccess bus_;
  NetworkAccess network_;
  IndexedVector<GroupId, Sums> maxima_;  ///< max-pool registers
};

}  // namespace kirchhoff::hw
