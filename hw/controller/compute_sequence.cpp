#include "hw/controller/compute_sequence.h"

#include <algorithm>

namespace kirchhoff::hw {

ComputeSequence::ComputeSequence(const SequenceContext& context, PePorts& pes,
                                 sc_core::sc_port<SfuIf>& sfu, WindowSlots& input_slots,
                                 WindowSlots& output_slots, ReducedWindows& windows,
                                 const Probe& window)
    : Sequence(context, context.account.compute),
      pes_(pes),
      sfu_(sfu),
      input_slots_(input_slots),
      output_slots_(output_slots),
      windows_(windows),
      window_probe_(window) {}

void ComputeSequence::reset() {
  ready_pes_ = 0;
  done_of_pe_.assign(program().active_pes.size(), 0);
  done_at_.clear();
  done_method_.cancel();
}

void ComputeSequence::run() {
  for (int n = 0; n < windows(); ++n) {
    account_.work_on(n);
    wait_for_slots(n);
    context_.stage.align();
    account_.enter(program().has_products() ? Activity::kMultiply : Activity::kSfu);
    if (n == 0) context_.account.first_product();
    window_probe_.set(std::int64_t{n});
    if (program().has_products()) {
      start_products(n);
      input_slots_.freed.wait_past(n);
    } else {
      reduce(n);
    }
  }
  context_.account.last_ready();
}

void ComputeSequence::wait_for_slots(int n) {
  if (!input_slots_.filled.past(n)) {
    account_.enter(Activity::kWaitFetch, &context_.account.fetch);
    input_slots_.filled.wait_past(n);
  }
  if (!output_slots_.has_room_for(n)) {
    account_.enter(Activity::kWaitOutput, &context_.account.drain);
    output_slots_.wait_for_room(n);
  }
}

void ComputeSequence::reduce(int n) {
  ++context_.counters.commands;
  const auto from = static_cast<std::size_t>(input_slots_.slot_of(n));
  const auto to = static_cast<std::size_t>(output_slots_.slot_of(n));
  sfu_->reduce(program().reduction, windows_.entered[from], windows_.reduced[to]);
  input_slots_.freed.advance();
  output_slots_.filled.advance();
}

// Only noise asks for it.
WindowPlace ComputeSequence::place_of(int n) const {
  if (!context_.config.tile.pe.noisy()) return {};
  const WindowWalk& walk = program().walk;
  const Window window = walk.window(n);
  return {walk.image_of(n), window.y, walk.column_of(window)};
}

// The next product starts when the last PE is ready.
void ComputeSequence::start_products(int n) {
  context_.counters.commands += program().active_pes.size();
  sc_core::sc_time ready, done;
  const WindowPlace place = place_of(n);
  for (const PeId pe : program().leading_pes) {
    const auto times =
        pes_[index(pe)]->start(input_slots_.slot_of(n), output_slots_.slot_of(n), place);
    if (!times) continue;
    ready = std::max(ready, times->ready);
    done = std::max(done, times->done);
  }
  if (ready == sc_core::SC_ZERO_TIME) return;  // the PEs will tell
  done_at_.push_back(done.value());
  if (done_at_.size() == 1) done_method_.at(done.value());
  wait_until(ready.value());
  input_slots_.freed.advance();
}

void ComputeSequence::product_done() {
  done_at_.pop_front();
  if (!done_at_.empty()) done_method_.at(done_at_.front());
  output_slots_.filled.advance();
}

void ComputeSequence::pe_ready() {
  if (++ready_pes_ < static_cast<int>(program().active_pes.size())) return;
  ready_pes_ = 0;
  input_slots_.freed.advance();
}

void ComputeSequence::pe_done(PeId pe) {
  const std::vector<PeId>& active = program().active_pes;
  const auto position = std::find(active.begin(), active.end(), pe) - active.begin();
  ++done_of_pe_[static_cast<std::size_t>(position)];
  output_slots_.filled.set(*std::min_element(done_of_pe_.begin(), done_of_pe_.end()));
}

}  // namespace kirchhoff::hw
