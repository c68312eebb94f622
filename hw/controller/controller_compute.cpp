// The fetch, compute and drain sequences of a tile: from the input map to the sums of its blocks.

#include <algorithm>

#include "hw/controller/controller.h"

namespace kirchhoff::hw {

void Controller::fetch_thread() {
  while (true) {
    fetch_state_.set("idle");
    wait(start_event_);
    for (int n = 0; n < layer_.windows(); ++n) {
      const int pixels = layer_.input_height * layer_.input_width;
      const Footprint footprint = Footprint::of(layer_, Window::at(layer_, n));
      const int needed =
          config_.schedule == Schedule::kSequential ? pixels : footprint.pixels_needed(layer_);
      const Cycle before_input = clock_.now();
      fetch_state_.set("wait_input");
      while (input_.complete() < needed) wait(input_event_);
      counters_.wait_input += clock_.now() - before_input;
      // The slot of window n-2 is free when its last bit has been sampled.
      const Cycle before_slot = clock_.now();
      fetch_state_.set("wait_slot");
      while (n >= ready_ + InputRegister::kSlots) wait(ready_event_);
      counters_.wait_products += clock_.now() - before_slot;
      align();
      if (n == 0) counters_.begin = clock_.now();
      fetch_state_.set("fetch");
      fetch_window(n);
      fetched_ = n + 1;
      fetched_event_.notify(sc_core::SC_ZERO_TIME);
    }
  }
}

void Controller::fetch_window(int n) {
  const Footprint footprint = Footprint::of(layer_, Window::at(layer_, n));
  const std::size_t elements =
      static_cast<std::size_t>(footprint.height * footprint.width) * layer_.channels;
  sc_core::sc_time delay;
  if (elements > 0) {
    ++counters_.commands;
    TransferExtension& burst = fetch_read_.wires();
    burst.segments = footprint.height;
    burst.segment_elements = footprint.width * layer_.channels;
    burst.pitch = layer_.input_width * layer_.channels;
    burst.element_bits = layer_.activation_bits;
    if (layer_.functional) window_values_.resize(elements);
    const auto address =
        static_cast<std::uint64_t>(footprint.top * layer_.input_width + footprint.left) *
        static_cast<unsigned>(layer_.channels);
    edram_socket->b_transport(
        fetch_read_.prepare(tlm::TLM_READ_COMMAND, address,
                            layer_.functional ? window_values_.data() : nullptr, elements),
        delay);
  }
  for (const RowSlice& slice : slices_) {
    ++counters_.commands;
    if (layer_.functional) gather(footprint, slice);
    TransferExtension& wires = fetch_bus_.wires();
    wires.wire_bits = static_cast<long long>(slice.rows) * layer_.activation_bits;
    wires.devices = slice.pes;
    bus_sockets[static_cast<int>(BusUser::kFetch)]->b_transport(
        fetch_bus_.prepare(
            tlm::TLM_WRITE_COMMAND, static_cast<std::uint64_t>(n % InputRegister::kSlots),
            layer_.functional ? slice_values_.data() : nullptr, slice_values_.size()),
        delay);
  }
}

// Rows of the unrolled matrix from the pixels under the window; padding is zero.
void Controller::gather(const Footprint& footprint, const RowSlice& slice) {
  slice_values_.assign(static_cast<std::size_t>(slice.rows), 0);
  const int area = layer_.kernel_height * layer_.kernel_width;
  for (int i = 0; i < slice.rows; ++i) {
    const int row = slice.row_begin + i;
    const int channel = row / area - layer_.channel_begin;
    const int y = footprint.y0 + row % area / layer_.kernel_width - footprint.top;
    const int x = footprint.x0 + row % layer_.kernel_width - footprint.left;
    if (y < 0 || y >= footprint.height || x < 0 || x >= footprint.width) continue;
    slice_values_[static_cast<std::size_t>(i)] = window_values_[static_cast<std::size_t>(
        (y * footprint.width + x) * layer_.channels + channel)];
  }
}

void Controller::compute_thread() {
  while (true) {
    compute_state_.set("idle");
    wait(start_event_);
    const int slots = config_.tile.pe.output_buffers;
    for (int n = 0; n < layer_.windows(); ++n) {
      compute_state_.set("wait_fetch");
      while (fetched_ <= n) wait(fetched_event_);
      compute_state_.set("wait_output");
      while (n >= drained_ + slots) wait(drained_event_);
      align();
      compute_state_.set("multiply");
      window_probe_.set(std::int64_t{n});
      counters_.commands += active_pes_.size();
      sc_core::sc_time ready, done;
      for (const int pe : active_pes_) {
        const auto times = pes[pe]->start(n % InputRegister::kSlots, n % slots);
        if (!times) continue;
        ready = std::max(ready, times->ready);
        done = std::max(done, times->done);
      }
      if (ready != sc_core::SC_ZERO_TIME) {
        mvm_done_.push_back(done);
        if (mvm_done_.size() == 1) mvm_done_event_.notify(done - sc_core::sc_time_stamp());
        wait(ready - sc_core::sc_time_stamp());
        ++ready_;
        ready_event_.notify(sc_core::SC_ZERO_TIME);
      }
      while (ready_ <= n) wait(ready_event_);
    }
  }
}

void Controller::drain_thread() {
  while (true) {
    drain_state_.set("idle");
    wait(start_event_);
    const int slots = config_.tile.pe.output_buffers;
    for (int n = 0; n < layer_.windows(); ++n) {
      drain_state_.set("wait_products");
      while (done_ <= n) wait(done_event_);
      align();
      drain_state_.set("drain");
      for (std::size_t g = 0; g < groups_.size(); ++g) {
        const Group& group = groups_[g];
        GroupSums sums{n, static_cast<int>(g), {}};
        bool first = true;
        for (const int pe : group.pes) {
          ++counters_.commands;
          const int columns = blocks_[static_cast<std::size_t>(pe)].columns;
          Sums values(layer_.functional ? static_cast<std::size_t>(columns) : 0);
          TransferExtension& wires = drain_bus_.wires();
          wires.wire_bits = static_cast<long long>(columns) * OutputRegister::kSumBits;
          wires.devices.assign(1, pe);
          sc_core::sc_time delay;
          bus_sockets[static_cast<int>(BusUser::kDrain)]->b_transport(
              drain_bus_.prepare(tlm::TLM_READ_COMMAND, static_cast<std::uint64_t>(n % slots),
                                 values.empty() ? nullptr : values.data(), values.size()),
              delay);
          adder->add(AdderUser::kDrain, sums.values, values, columns, first);
          first = false;
        }
        drain_state_.set("wait_space");
        while (!sums_.empty()) wait(space_event_);
        drain_state_.set("drain");
        sums_.push_back(std::move(sums));
        sums_event_.notify(sc_core::SC_ZERO_TIME);
      }
      drained_ = n + 1;
      drained_event_.notify(sc_core::SC_ZERO_TIME);
    }
  }
}

}  // namespace kirchhoff::hw
