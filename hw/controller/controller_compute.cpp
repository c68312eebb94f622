// The compute and drain sequences of a tile: from the input registers of the PEs to the sums of
// their blocks in the tile's output register.

#include <algorithm>

#include "hw/controller/controller.h"

namespace kirchhoff::hw {

void Controller::compute_sequence() {
  while (true) {
    start_signal_.wait();
    const int slots = config_.tile.pe.output_buffers;
    const auto total = static_cast<int>(total_windows());
    for (int n = 0; n < total; ++n) {
      compute_.work_on(n);
      if (fetched_ <= n) {
        compute_.enter(Activity::kWaitFetch, &fetch_);
        while (fetched_ <= n) fetched_signal_.wait();
      }
      if (n >= drained_ + slots) {
        compute_.enter(Activity::kWaitOutput, &drain_);
        while (n >= drained_ + slots) drained_signal_.wait();
      }
      align();
      compute_.enter(Activity::kMultiply);
      if (n == 0) at_first_product_ = compute_.blame();
      window_probe_.set(std::int64_t{n});
      start_products(n);
      while (ready_ <= n) ready_signal_.wait();
    }
    at_last_ready_ = compute_.blame();
    complete_at_last_ready_ = complete_.blame();
    last_ready_ps_ = now_ps();
    compute_.enter(Activity::kIdle);
  }
}

// The PEs of a tile run in step: the next product starts when the last of them is ready.
void Controller::start_products(int n) {
  const int slots = config_.tile.pe.output_buffers;
  counters_.commands += active_pes_.size();
  sc_core::sc_time ready, done;
  for (const int pe : leading_pes_) {
    const auto times = pes[pe]->start(n % kInputSlots, n % slots);
    if (!times) continue;
    ready = std::max(ready, times->ready);
    done = std::max(done, times->done);
  }
  if (ready == sc_core::SC_ZERO_TIME) return;  // fidelity=bit: the PEs will tell
  mvm_done_.push_back(done.value());
  if (mvm_done_.size() == 1) mvm_done_alarm_.at(done.value());
  wait_until(ready.value());
  ++ready_;
  ready_signal_.notify();
}

void Controller::drain_sequence() {
  while (true) {
    start_signal_.wait();
    const auto total = static_cast<int>(total_windows());
    for (int n = 0; n < total; ++n) {
      drain_.work_on(n);
      if (done_ <= n) {
        drain_.enter(Activity::kWaitProducts);
        while (done_ <= n) done_signal_.wait();
      }
      align();
      for (std::size_t g = 0; g < groups_.size(); ++g) drain_group(n, g);
      drained_ = n + 1;
      drained_signal_.notify();
    }
    drain_.enter(Activity::kIdle);
  }
}

// All row blocks of a group under one grant of the bus, through the shift-adder.
void Controller::drain_group(int n, std::size_t g) {
  Group& group = groups_[g];
  GroupSums sums{n, static_cast<int>(g), {}};
  if (!group.units.empty()) {
    TransferExtension& wires = drain_bus_.wires();
    wires.listener = &drain_;
    wires.beats.resize(group.units.size());
    if (drained_values_.size() < group.units.size()) drained_values_.resize(group.units.size());
    for (std::size_t u = 0; u < group.units.size(); ++u) {
      const Unit& unit = group.units[u];
      Sums& values = drained_values_[u];
      values.resize(layer_.functional ? static_cast<std::size_t>(unit.columns) : 0);
      Beat& beat = wires.beats[u];
      beat.targets = unit.target.empty() ? nullptr : &unit.target;
      beat.address = static_cast<std::uint64_t>(n % config_.tile.pe.output_buffers);
      beat.data = values.empty() ? nullptr : values.data();
      beat.bytes = sizeof(Sum) * values.size();
      beat.wire_bits = static_cast<long long>(unit.columns) * layer_.sum_bits;
      beat.at_least = adder->cycles_for(unit.columns);
    }
    counters_.commands += group.units.size();
    drain_.enter(Activity::kWaitBus);
    sc_core::sc_time delay;
    bus_sockets[static_cast<int>(BusUser::kDrain)]->b_transport(
        drain_bus_.prepare(tlm::TLM_READ_COMMAND), delay);
    add_drained(n, group, sums);
  }
  if (!sums_.empty()) {
    drain_.enter(Activity::kWaitSpace, &complete_);
    while (!sums_.empty()) space_signal_.wait();
  }
  sums_.push_back(std::move(sums));
  sums_signal_.notify();
}

// Where partial sums of other tiles are due, the tile's own sums join them in the output register.
void Controller::add_drained(int n, Group& group, GroupSums& sums) {
  Partial* partial = group.registers.partials > 0 ? &group.partials[n] : nullptr;
  bool first = !partial || !partial->loaded;
  if (partial) partial->loaded = true;
  for (std::size_t u = 0; u < group.units.size(); ++u) {
    adder->add(partial ? partial->sum : sums.values, drained_values_[u], group.units[u].columns,
               layer_.sum_bits, first);
    first = false;
  }
}

}  // namespace kirchhoff::hw
