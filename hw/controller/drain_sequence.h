#pragma once

#include <vector>

#include <systemc>

#include "hw/controller/channels.h"
#include "hw/controller/sequence.h"
#include "hw/ports/tile_adder_port.h"

namespace kirchhoff::hw {

/// Output registers of the PEs -> tile shift-adder: all row blocks of a group in one transfer. What
/// the SFU reduced is where it is wanted.
class DrainSequence final : public Sequence {
 public:
  DrainSequence(const SequenceContext& context, ControllerSockets& bus,
                sc_core::sc_port<TileAdderIf>& adder, WindowSlots& output_slots,
                ReducedWindows& windows, PartialSums& partials, SumsSlot& sums);

 private:
  void run() override;
  void drain_group(int n, GroupId g);
  void read_units(int n, const Group& group);
  void add_units(GroupSums& sums, const Group& group);
  void take_reduced(GroupSums& sums, const Group& group);

  sc_core::sc_port<TileAdderIf>& adder_;
  WindowSlots& output_slots_;
  ReducedWindows& windows_;
  PartialSums& partials_;
  SumsSlot& sums_;
  BusAccess bus_;
  std::vector<Sums> values_;  ///< by unit of the group
};

}  // namespace kirchhoff::hw
