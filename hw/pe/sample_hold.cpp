#include "hw/pe/sample_hold.h"

namespace kirchhoff::hw {

SampleHold::SampleHold(const sc_core::sc_module_name& name, const SampleHoldConfig& config,
                       int pair, const Clock& clock, const Tracer* tracer)
    : sc_module(name),
      pair_(pair),
      clock_(clock),
      acquire_cycles_(clock.cycles_for(config.acquire.nanoseconds())),
      state_(Probe::text(tracer, *this, "state", "empty")) {
  difference.bind(*this);
  SC_HAS_PROCESS(SampleHold);
  SC_METHOD(acquire);
  sensitive << offered_event_;
  dont_initialize();
  SC_METHOD(held);
  sensitive << held_event_;
  dont_initialize();
}

void SampleHold::reset() {
  offered_event_.cancel();
  held_event_.cancel();
  samples_ = 0;
  stall_cycles_ = 0;
  waiting_ = false;
}

void SampleHold::offer(const BitStep& step, const Columns& differences) {
  step_ = step;
  held_ = differences;
  if (!leads(step)) return;
  offered_at_ = clock_.now();
  waiting_ = true;
  offered_event_.notify(sc_core::SC_ZERO_TIME);
}

void SampleHold::acquire() {
  if (!waiting_) return;  // woken by an ADC that became idle before a reset
  if (adc->busy()) {
    each_lane(step_, [](SampleHold& lane) { lane.state_.set("waiting_for_adc"); });
    next_trigger(adc->idle_event());
    return;
  }
  waiting_ = false;
  const Cycle stalled = clock_.now() - offered_at_;
  each_lane(step_, [stalled](SampleHold& lane) {
    lane.stall_cycles_ += stalled;
    lane.state_.set("acquire");
  });
  held_event_.notify(clock_.delay(acquire_cycles_));
}

void SampleHold::held() {
  each_lane(step_, [](SampleHold& lane) {
    lane.samples_ +=
        static_cast<std::uint64_t>(lane.step_.columns) * static_cast<unsigned>(lane.step_.samples);
    lane.state_.set("held");
    const Cycle burst = lane.adc->convert(lane.step_, lane.held_);
    if (lane.state_) lane.state_.set_at(lane.clock_.edge_ps(lane.clock_.now() + burst), "empty");
    lane.sequencer->sampled(lane.pair_);
  });
}

}  // namespace kirchhoff::hw
