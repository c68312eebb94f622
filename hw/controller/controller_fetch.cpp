// The fetch sequence of a tile: from the input map to the input registers of the PEs.

#include <algorithm>
#include <cmath>

#include "hw/controller/controller.h"

namespace kirchhoff::hw {

void Controller::fetch_sequence() {
  while (true) {
    start_signal_.wait();
    const int windows_per_row = layer_.output_width * layer_.pool * layer_.pool;
    const auto total = static_cast<int>(total_windows());
    for (int n = 0; n < total; ++n) {
      fetch_.work_on(n);
      const int image = n / layer_.windows(), w = n % layer_.windows();
      const Window window = Window::at(layer_, w);
      const Footprint footprint = Footprint::of(layer_, window);
      const Patch span =
          reuse_ ? Footprint::of(layer_, window, layer_.pool).patch : footprint.patch;
      const int needed = config_.schedule == Schedule::kSequential
                             ? map_pixels()
                             : span.pixels_needed(layer_.input_width);
      if (!config_.tile.overlap && completed_ < n) {
        fetch_.enter(Activity::kWaitCompletion, &complete_);
        while (completed_ < n) completed_signal_.wait();
      }
      // Inner windows of a pooling window find their pixels in the line buffer.
      if ((!reuse_ || window.first) && input_.complete() < image * map_pixels() + needed) {
        fetch_.enter(Activity::kWaitInput);
        while (input_.complete() < image * map_pixels() + needed) input_signal_.wait();
        account_for(fetch_, input_arrival_);
      }
      // The slot of window n-2 is free when its last bit has been sampled.
      if (n >= ready_ + kInputSlots) {
        fetch_.enter(Activity::kWaitSlot);
        while (n >= ready_ + kInputSlots) ready_signal_.wait();
      }
      if (n == 0 && config_.unused == Unused::kGatedLayers) wake_up();
      align();
      if (n == 0) {
        counters_.begin = clock_.now();
        at_begin_ = compute_.blame();
      }
      if (!reuse_ || window.first) read_patch(image, span);
      send_window(n, footprint);
      fetched_ = n + 1;
      fetched_signal_.notify();
      if ((w + 1) % windows_per_row == 0)
        free_rows(image, rows_done_before(layer_, (w + 1) / windows_per_row));
    }
    fetch_.enter(Activity::kIdle);
  }
}

// The layer was switched off: it notices its first window when the pixels are there.
void Controller::wake_up() {
  fetch_.enter(Activity::kWaitInput);
  const auto ps = static_cast<std::uint64_t>(std::llround(config_.wake.nanoseconds() * 1000));
  if (ps > 0) wait_until(now_ps() + ps);
}

// From eDRAM to line buffer: what the line buffer has from the patch on the left is not read again.
void Controller::read_patch(int image, const Patch& patch) {
  const bool slides = reuse_ && image == patch_image_ && !patch_.empty() &&
                      patch.top == patch_.top && patch.height == patch_.height &&
                      patch.left >= patch_.left && patch.left <= patch_.right();
  Patch fresh = patch;
  if (slides) {
    fresh.left = patch_.right();
    fresh.width = patch.right() - patch_.right();
  }
  const std::size_t elements =
      static_cast<std::size_t>(fresh.pixels()) * static_cast<std::size_t>(layer_.channels);
  if (layer_.functional) burst_values_.resize(elements);
  if (elements > 0) {
    ++counters_.commands;
    const long long row = static_cast<long long>(layer_.input_width) * layer_.channels;
    TransferExtension& burst = fetch_read_.wires();
    burst.listener = &fetch_;
    burst.segments = fresh.height;
    burst.segment_elements = fresh.width * layer_.channels;
    burst.pitch = row;
    burst.wrap = row * layer_.buffer_rows;
    burst.element_bits = layer_.activation_bits;
    const auto address = static_cast<std::uint64_t>(
        (static_cast<long long>(image) * layer_.input_height + fresh.top) % layer_.buffer_rows *
            row +
        static_cast<long long>(fresh.left) * layer_.channels);
    fetch_.enter(Activity::kWaitEdram);
    sc_core::sc_time delay;
    edram_sockets[static_cast<int>(EdramUser::kFetch)]->b_transport(
        fetch_read_.prepare(tlm::TLM_READ_COMMAND, address,
                            layer_.functional ? burst_values_.data() : nullptr,
                            sizeof(std::int32_t) * elements),
        delay);
    if (reuse_) line_buffer->write(static_cast<long long>(elements) * layer_.activation_bits);
  }
  if (layer_.functional) {
    // Columns that stay, then the fresh ones, row by row.
    const int channels = layer_.channels, kept = patch.width - fresh.width;
    std::vector<std::int32_t> values(static_cast<std::size_t>(patch.pixels() * channels));
    for (int y = 0; y < patch.height; ++y) {
      auto* to = values.data() + static_cast<std::ptrdiff_t>(y) * patch.width * channels;
      if (kept > 0) {
        const auto* from =
            patch_values_.data() +
            (static_cast<std::ptrdiff_t>(y) * patch_.width + patch.left - patch_.left) * channels;
        std::copy_n(from, kept * channels, to);
      }
      std::copy_n(burst_values_.data() + static_cast<std::ptrdiff_t>(y) * fresh.width * channels,
                  fresh.width * channels, to + static_cast<std::ptrdiff_t>(kept) * channels);
    }
    patch_values_ = std::move(values);
  }
  patch_ = patch;
  patch_image_ = image;
}

// All row slices of a window under one grant of the bus.
void Controller::send_window(int n, const Footprint& footprint) {
  if (reuse_) line_buffer->read(window_bits_);
  TransferExtension& wires = fetch_bus_.wires();
  wires.listener = &fetch_;
  wires.beats.resize(slices_.size());
  for (std::size_t i = 0; i < slices_.size(); ++i) {
    RowSlice& slice = slices_[i];
    if (layer_.functional) gather(footprint, slice);
    Beat& beat = wires.beats[i];
    beat.targets = slice.targets.empty() ? nullptr : &slice.targets;
    beat.address = static_cast<std::uint64_t>(n % kInputSlots);
    beat.data = layer_.functional ? slice.values.data() : nullptr;
    beat.bytes = sizeof(std::int32_t) * slice.values.size();
    beat.wire_bits = static_cast<long long>(slice.rows) * layer_.activation_bits;
  }
  counters_.commands += slices_.size();
  fetch_.enter(Activity::kWaitBus);
  sc_core::sc_time delay;
  bus_sockets[static_cast<int>(BusUser::kFetch)]->b_transport(
      fetch_bus_.prepare(tlm::TLM_WRITE_COMMAND), delay);
}

// Rows of the unrolled matrix from the pixels under the window; padding is zero.
void Controller::gather(const Footprint& footprint, RowSlice& slice) {
  slice.values.assign(static_cast<std::size_t>(slice.rows), 0);
  const int area = layer_.kernel_height * layer_.kernel_width;
  for (int i = 0; i < slice.rows; ++i) {
    const int row = slice.row_begin + i;
    const int channel = row / area - layer_.channel_begin;
    const int y = footprint.y0 + row % area / layer_.kernel_width;
    const int x = footprint.x0 + row % layer_.kernel_width;
    if (y < 0 || y >= layer_.input_height || x < 0 || x >= layer_.input_width) continue;
    slice.values[static_cast<std::size_t>(i)] = patch_values_[static_cast<std::size_t>(
        ((y - patch_.top) * patch_.width + x - patch_.left) * layer_.channels + channel)];
  }
}

// No later window needs the rows before `next_row`: whoever sends input may send as many more.
void Controller::free_rows(int image, int next_row) {
  freed_rows_ = static_cast<long long>(image) * layer_.input_height + next_row;
  rows_gauge_.set(static_cast<double>(std::max(0LL, newest_row_ - freed_rows_)));
  const long long all = static_cast<long long>(layer_.images) * layer_.input_height;
  const long long allowed = std::min(all, freed_rows_ + layer_.buffer_rows);
  if (allowed <= allowed_rows_) return;
  allowed_rows_ = allowed;
  for (int i = 0; i < layer_.producers; ++i) {
    auto packet = std::make_shared<Packet>();
    packet->kind = PacketKind::kBufferCredit;
    packet->destination = static_cast<NodeId>(registers_.producer(i));
    packet->layer = layer_.layer;
    packet->index = static_cast<int>(allowed);
    send(fetch_, std::move(packet));
  }
}

}  // namespace kirchhoff::hw
