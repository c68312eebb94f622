#include "hw/pe/shift_adder.h"

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
}

void ShiftAdder::accept(const BitStep& step, const Columns& values) {
  step_ = step;
  if (step.first_column == 0) {
    codes_ = values;
  } else {
    codes_.insert(codes_.end(), values.begin(), values.end());
  }
  adds_ += static_cast<std::uint64_t>(step.columns);
  if (step.complete) {
    slice_.decode(step.driven, codes_);
    adds_ += static_cast<std::uint64_t>(slice_.extra_adds());
  }
  busy_cycles_ += cycles_;
  busy_.set(1);
  if (leads(step)) added_event_.notify(clock_.delay(cycles_));
}

void ShiftAdder::added() {
  each_lane(step_, [](ShiftAdder& lane) { lane.add(); });
}

void ShiftAdder::add() {
  busy_.set(std::int64_t{0});
  if (step_.complete) accumulate();
  sequencer->accumulated(pair_, step_);
}

void ShiftAdder::accumulate() {
  const int shift = slice_.shift(step_.bit);
  sums->accumulate(step_.slot, shift, codes_);
  if (!value_) return;
  shift_.set(shift);
  if (!codes_.empty()) value_.set(static_cast<std::int64_t>(codes_[0]) << shift);
}

}  // namespace kirchhoff::hw
