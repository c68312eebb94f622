#include "hw/pe/adc_group.h"

namespace kirchhoff::hw {

AdcGroup::AdcGroup(const sc_core::sc_module_name& name, const AdcConfig& config, const Clock& clock,
                   const Tracer* tracer, Encoding encoding, int fraction_bits,
                   const LaneCells* lane)
    : sc_module(name),
      config_(config),
      converter_(config, encoding, fraction_bits),
      lane_(lane),
      clock_(clock),
      channel_(Probe::bits(tracer, *this, "channel", 10)),
      code_(Probe::integer(tracer, *this, "code", 16)),
      busy_probe_(Probe::bits(tracer, *this, "busy", 1)) {
  held.bind(*this);
  SC_HAS_PROCESS(AdcGroup);
  SC_METHOD(finished);
  sensitive << finished_event_;
  dont_initialize();
}

void AdcGroup::reset() {
  finished_event_.cancel();
  idle_event_.cancel();
  busy_ = false;
  conversions_ = clipped_ = 0;
  busy_cycles_ = 0;
}

Cycle AdcGroup::convert(const BitStep& step, const Columns& differences) {
  sc_assert(!busy_);
  busy_ = true;
  step_ = step;
  if (lane_ == nullptr || !lane_->noise) {
    converter_.convert(differences, step.first_column,
                       lane_ == nullptr ? kIdealConverters : lane_->converters, codes_, clipped_);
  } else {
    values_ = differences;
    lane_->add_conversion_noise(noise_event(step), step.first_column, values_);
    converter_.convert(values_, step.first_column, lane_->converters, codes_, clipped_);
  }
  conversions_ += static_cast<std::uint64_t>(step.columns);
  const auto cycles = static_cast<Cycle>(conversion_rounds(config_, step.columns) * config_.cycles);
  busy_cycles_ += cycles;
  if (watch_ && step.functional) watch_(step, codes_);
  if (busy_probe_) trace_burst(clock_.now());
  if (leads(step)) finished_event_.notify(clock_.delay(cycles));
  return cycles;
}

void AdcGroup::finished() {
  idle_event_.notify(sc_core::SC_ZERO_TIME);
  each_lane(step_, [](AdcGroup& lane) {
    lane.busy_ = false;
    lane.busy_probe_.set(std::int64_t{0});
    lane.codes->accept(lane.step_, lane.codes_);
  });
}

// The waveform shows ADC 0 of the group: its channel and code for every conversion of the burst.
void AdcGroup::trace_burst(Cycle begin) const {
  busy_probe_.set(1);
  for (int c = 0, round = 0; c < step_.columns; c += config_.per_pair, ++round) {
    const std::uint64_t at = clock_.edge_ps(begin + static_cast<Cycle>(round * config_.cycles));
    channel_.set_at(at, step_.first_column + c);
    if (step_.functional) code_.set_at(at, codes_[static_cast<std::size_t>(c)] / config_.lsb);
  }
}

}  // namespace kirchhoff::hw
