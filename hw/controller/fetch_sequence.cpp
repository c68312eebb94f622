#include "hw/controller/fetch_sequence.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kirchhoff::hw {

FetchSequence::FetchSequence(const SequenceContext& context, ControllerSockets& bus,
                             ControllerSockets& edram, sc_core::sc_port<LineBufferIf>& line_buffer,
                             sc_core::sc_port<NetworkIf>& network, InputMap& input,
                             WindowSlots& input_slots, ReducedWindows& windows,
                             WindowCount& completed)
    : Sequence(context, context.account.fetch),
      line_buffer_(line_buffer),
      input_(input),
      input_slots_(input_slots),
      windows_(windows),
      completed_(completed),
      bus_(bus, BusUser::kFetch, account_),
      edram_(edram, EdramUser::kFetch, account_),
      network_(network, context.stage, context.counters.commands, account_) {}

void FetchSequence::run() {
  const ChipConfig& config = context_.config;
  for (int n = 0; n < windows(); ++n) {
    account_.work_on(n);
    const int image = walk().image_of(n);
    const Window window = walk().window(n);
    const Footprint footprint = walk().footprint(window);
    if (!config.tile.overlap && !completed_.past(n - 1)) {
      account_.enter(Activity::kWaitCompletion, &context_.account.complete);
      completed_.wait_past(n - 1);
    }
    if (context_.turns && n % walk().windows() == 0) {
      account_.enter(Activity::kWaitInput);
      context_.turns->wait_for(program().label(), image);
    }
    // Inner windows of a pooling window find their pixels in the line buffer.
    const bool reads = !program().reuse || window.first;
    const Patch span = program().reuse ? walk().pooled_footprint(window).patch : footprint.patch;
    if (reads) {
      const int needed = config.schedule == Schedule::kSequential
                             ? walk().map_pixels()
                             : span.pixels_needed(layer().input_width);
      wait_for_pixels(image * walk().map_pixels() + needed);
    }
    // The slot of window n-2 is free when its last bit has been sampled.
    if (!input_slots_.has_room_for(n)) {
      account_.enter(Activity::kWaitSlot);
      input_slots_.wait_for_room(n);
    }
    if (n == 0 && config.unused == Unused::kGatedLayers) wake_up();
    context_.stage.align();
    if (n == 0) {
      context_.counters.begin = context_.clock.now();
      context_.account.begin();
    }
    if (reads) read_patch(image, span);
    send_window(n, footprint);
    input_slots_.filled.set(n + 1);
    if (const int rows = walk().rows_done_after(n); rows >= 0)
      free_rows(static_cast<long long>(image) * layer().input_height + rows);
    window_done(n);
  }
}

void FetchSequence::wait_for_pixels(int pixels) {
  if (input_.complete() >= pixels) return;
  account_.enter(Activity::kWaitInput);
  input_.wait_for(pixels);
  context_.account.explain_fetch(input_.last_arrival());
}

// The layer was switched off: it notices its first window when the pixels are there.
void FetchSequence::wake_up() {
  account_.enter(Activity::kWaitInput);
  const auto ps =
      static_cast<std::uint64_t>(std::llround(context_.config.wake.nanoseconds() * 1000));
  if (ps > 0) wait_until(now_ps() + ps);
}

// From eDRAM to line buffer: what the line buffer has from the patch on the left is not read again.
void FetchSequence::read_patch(int image, const Patch& patch) {
  const bool slides = program().reuse && image == patch_image_ && !patch_.empty() &&
                      patch.top == patch_.top && patch.height == patch_.height &&
                      patch.left >= patch_.left && patch.left <= patch_.right() &&
                      patch.right() >= patch_.right();
  Patch fresh = patch;
  if (slides) {
    fresh.left = patch_.right();
    fresh.width = patch.right() - patch_.right();
  }
  read_edram(image, fresh);
  if (program().functional()) merge(patch, fresh);
  patch_ = patch;
  patch_image_ = image;
}

void FetchSequence::read_edram(int image, const Patch& patch) {
  const int channels = layer().channels;
  const std::size_t elements =
      static_cast<std::size_t>(patch.pixels()) * static_cast<std::size_t>(channels);
  if (program().functional()) burst_values_.resize(elements);
  if (elements == 0) return;
  ++context_.counters.commands;
  const long long row = static_cast<long long>(layer().input_width) * channels;
  TransferExtension& burst = edram_.burst();
  burst.segments = patch.height;
  burst.segment_elements = patch.width * channels;
  burst.pitch = row;
  burst.wrap = row * layer().buffer_rows;
  burst.element_bits = layer().activation_bits;
  const long long top = static_cast<long long>(image) * layer().input_height + patch.top;
  edram_.read(top % layer().buffer_rows * row + static_cast<long long>(patch.left) * channels,
              program().functional() ? burst_values_.data() : nullptr, elements);
  if (program().reuse)
    line_buffer_->write(static_cast<long long>(elements) * layer().activation_bits);
}

// Columns that stay, then the fresh ones, row by row.
void FetchSequence::merge(const Patch& patch, const Patch& fresh) {
  const int channels = layer().channels, kept = patch.width - fresh.width;
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

void FetchSequence::send_window(int n, const Footprint& footprint) {
  if (program().reuse) line_buffer_->read(program().window_bits);
  if (program().has_products()) return send_slices(n, footprint);
  if (program().functional()) {
    const std::int32_t outside = program().operation() == Operation::kMaximum ? kNoPixel : 0;
    const int area = program().kernel_pixels();
    gather(footprint, layer().channel_begin * area, layer().channels * area, outside,
           windows_.entered[static_cast<std::size_t>(input_slots_.slot_of(n))]);
  }
  ++context_.counters.commands;
  bus_.move(program().window_bits);
}

// All row slices of a window under one grant of the bus.
void FetchSequence::send_slices(int n, const Footprint& footprint) {
  const std::vector<RowSlice>& slices = program().slices;
  bus_.beats().resize(slices.size());
  if (slice_values_.size() < slices.size()) slice_values_.resize(slices.size());
  for (std::size_t i = 0; i < slices.size(); ++i) {
    const RowSlice& slice = slices[i];
    std::vector<std::int32_t>& values = slice_values_[i];
    values.clear();
    if (program().functional()) gather(footprint, slice.row_begin, slice.rows, 0, values);
    Beat& beat = bus_.beats()[i];
    beat.targets = slice.targets.empty() ? nullptr : &slice.targets;
    beat.address = static_cast<std::uint64_t>(input_slots_.slot_of(n));
    beat.data = values.empty() ? nullptr : values.data();
    beat.bytes = sizeof(std::int32_t) * values.size();
    beat.wire_bits = static_cast<long long>(slice.rows) * layer().activation_bits;
  }
  context_.counters.commands += slices.size();
  bus_.write();
}

// Rows of the unrolled matrix of all channels from the pixels under the window.
void FetchSequence::gather(const Footprint& footprint, int row_begin, int rows,
                           std::int32_t outside, std::vector<std::int32_t>& values) {
  values.assign(static_cast<std::size_t>(rows), outside);
  const int area = program().kernel_pixels();
  for (int i = 0; i < rows; ++i) {
    const int row = row_begin + i;
    const int channel = row / area - layer().channel_begin;
    const int y = footprint.y0 + row % area / layer().kernel_width * layer().dilation_height;
    const int x = footprint.x0 + row % layer().kernel_width * layer().dilation_width;
    if (y < 0 || y >= layer().input_height || x < 0 || x >= layer().input_width) continue;
    values[static_cast<std::size_t>(i)] = patch_values_[static_cast<std::size_t>(
        ((y - patch_.top) * patch_.width + x - patch_.left) * layer().channels + channel)];
  }
}

// Whoever sends input may send as many rows more as are not needed any longer.
void FetchSequence::free_rows(long long row) {
  const std::optional<int> allowed = input_.free_rows_before(row);
  if (allowed) network_.send_credits(program().producers, program().label(), 0, *allowed);
}

}  // namespace kirchhoff::hw
