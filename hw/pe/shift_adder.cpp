#include "hw/pe/shift_adder.h"

#include <algorithm>

namespace kirchhoff::hw {

ShiftAdder::ShiftAdder(const sc_core::sc_module_name& name, const ShiftAdderConfig& config,
                       int pair, const Clock& clock, const Tracer* tracer)
    : sc_module(name),
      pair_(pair),
      clock_(clock),
      cycles_(static_cast<Cycle>(config.cycles)),
      shift_(Probe::bits(tracer, *this, "shift", 6)),
      value_(Probe::integer(tracer, *this, "value", 32)),
      busy_(Probe::bits(tracer, *this, "busy", 1)) {
  codes.bind(*this);
  SC_HAS_PROCESS(ShiftAdder);
  SC_METHOD(added);
  sensitive << added_event_;
  dont_initialize();
}

void ShiftAdder::reset() {
  added_event_.cancel();
  adds_ = 0;
  busy_cycles_ = 0;
  first_ = count_ = 0;
}

void ShiftAdder::accept(const BitStep& step, const Columns& values) {
  Burst& burst = push();
  burst.step = step;
  if (step.complete && step.first_column == 0) {
    burst.codes = values;
  } else {
    if (step.first_column == 0) collected_.clear();
    collected_.insert(collected_.end(), values.begin(), values.end());
    burst.codes.clear();
    if (step.complete) burst.codes = collected_;
  }
  adds_ += static_cast<std::uint64_t>(step.columns);
  if (step.complete) {
    slice_.decode(step.driven, burst.codes);
    adds_ += static_cast<std::uint64_t>(slice_.extra_adds());
  }
  busy_cycles_ += cycles_;
  busy_.set(1);
  if (!leads(step)) return;
  burst.due = clock_.now() + cycles_;
  if (count_ == 1) added_event_.notify(clock_.until(burst.due));
}

ShiftAdder::Burst& ShiftAdder::push() {
  if (count_ == bursts_.size()) {
    std::rotate(bursts_.begin(), bursts_.begin() + static_cast<std::ptrdiff_t>(first_),
                bursts_.end());
    first_ = 0;
    bursts_.emplace_back();
  }
  return bursts_[(first_ + count_++) % bursts_.size()];
}

void ShiftAdder::pop() {
  first_ = (first_ + 1) % bursts_.size();
  --count_;
}

void ShiftAdder::added() {
  // What an addition sets off comes later: the sequencer only notifies.
  each_lane(front().step, [](ShiftAdder& lane) {
    lane.add(lane.front());
    lane.pop();
  });
  if (count_ > 0) added_event_.notify(clock_.until(front().due));
}

void ShiftAdder::add(const Burst& burst) {
  if (count_ == 1) busy_.set(std::int64_t{0});
  if (burst.step.complete) accumulate(burst);
  sequencer->accumulated(pair_, burst.step);
}

void ShiftAdder::accumulate(const Burst& burst) {
  const std::int32_t factor = slice_.factor(burst.step.bit, burst.step.multiplier);
  sums->accumulate(burst.step.slot, factor, burst.codes);
  if (!value_) return;
  shift_.set(slice_.shift(burst.step.bit));
  if (!burst.codes.empty()) value_.set(std::int64_t{burst.codes[0]} * factor);
}

}  // namespace kirchhoff::hw
