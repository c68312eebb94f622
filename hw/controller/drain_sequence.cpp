#include "hw/controller/drain_sequence.h"

#include <utility>

namespace kirchhoff::hw {

DrainSequence::DrainSequence(const SequenceContext& context, ControllerSockets& bus,
                             sc_core::sc_port<TileAdderIf>& adder, WindowSlots& output_slots,
                             ReducedWindows& windows, PartialSums& partials, SumsSlot& sums)
    : Sequence(context, context.account.drain),
      adder_(adder),
      output_slots_(output_slots),
      windows_(windows),
      partials_(partials),
      sums_(sums),
      bus_(bus, BusUser::kDrain, account_) {}

void DrainSequence::run() {
  for (int n = 0; n < windows(); ++n) {
    account_.work_on(n);
    if (!output_slots_.filled.past(n)) {
      account_.enter(Activity::kWaitProducts);
      output_slots_.filled.wait_past(n);
    }
    context_.stage.align();
    for (const GroupId g : program().groups.ids()) drain_group(n, g);
    output_slots_.freed.set(n + 1);
  }
}

void DrainSequence::drain_group(int n, GroupId g) {
  const Group& group = program().groups[g];
  GroupSums sums{n, g, {}};
  if (!program().has_products()) {
    take_reduced(sums, group);
  } else if (!group.units.empty()) {
    read_units(n, group);
    add_units(sums, group);
  }
  if (sums_.full()) {
    account_.enter(Activity::kWaitSpace, &context_.account.complete);
    sums_.wait_for_room();
  }
  sums_.put(std::move(sums));
}

void DrainSequence::take_reduced(GroupSums& sums, const Group& group) {
  if (!program().functional()) return;
  const Sums& all = windows_.reduced[static_cast<std::size_t>(output_slots_.slot_of(sums.window))];
  const auto first = all.begin() + (group.registers.channel_begin -
                                    layer().channel_begin * program().reduction.outputs);
  sums.values.assign(first, first + group.registers.channels);
}

// All row blocks under one grant of the bus, through the shift-adder.
void DrainSequence::read_units(int n, const Group& group) {
  const std::size_t units = group.units.size();
  const auto slot = static_cast<std::uint64_t>(output_slots_.slot_of(n));
  std::vector<Beat>& beats = bus_.beats();
  beats.resize(units);
  if (values_.size() < units) values_.resize(units);
  for (std::size_t u = 0; u < units; ++u) {
    const Unit& unit = group.units[u];
    Sums& values = values_[u];
    values.resize(program().functional() ? static_cast<std::size_t>(unit.columns) : 0);
    Beat& beat = beats[u];
    beat.targets = unit.target.empty() ? nullptr : &unit.target;
    beat.address = slot;
    beat.data = values.empty() ? nullptr : values.data();
    beat.bytes = sizeof(Sum) * values.size();
    const bool as_before = u > 0 && unit.columns == group.units[u - 1].columns;
    beat.wire_bits = static_cast<long long>(unit.columns) * layer().sum_bits;
    beat.at_least = as_before ? beats[u - 1].at_least : adder_->cycles_for(unit.columns);
  }
  context_.counters.commands += units;
  bus_.read();
}

// Where partial sums of other tiles are due, the tile's own sums join them in the output register.
void DrainSequence::add_units(GroupSums& sums, const Group& group) {
  PartialSum* const partial =
      group.registers.partials > 0 ? &partials_.at(sums.group, sums.window) : nullptr;
  bool first = !partial || !std::exchange(partial->loaded, true);
  for (std::size_t u = 0; u < group.units.size(); ++u) {
    adder_->add(partial ? partial->sum : sums.values, values_[u], group.units[u].columns,
                layer().sum_bits, first);
    first = false;
  }
}

}  // namespace kirchhoff::hw
