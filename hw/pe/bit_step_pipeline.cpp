#include "hw/pe/bit_step_pipeline.h"

#include <algorithm>

#include "hw/pe/conversion.h"

namespace kirchhoff::hw {

StageCycles::StageCycles(const PeConfig& config, const Clock& clock)
    : drive(clock.cycles_for(config.dac.drive.nanoseconds())),
      read(clock.cycles_for(config.crossbar.read.nanoseconds())),
      acquire(clock.cycles_for(config.sample_hold.acquire.nanoseconds())),
      add(static_cast<Cycle>(config.shift_adder.cycles)),
      adc_(config.adc) {}

Cycle StageCycles::conversion(int columns) const {
  return static_cast<Cycle>(conversion_rounds(adc_, columns) * adc_.cycles);
}

int StageCycles::rounds(int columns) const { return conversion_rounds(adc_, columns); }

BitStepPipeline::BitStepPipeline(const PeConfig& config, const Clock& clock)
    : stages_(config, clock), overlap_(config.overlap), hold_(config.sample_hold.present) {}

MvmTimes BitStepPipeline::run(Cycle start, int bits, int columns) {
  if (!hold_) return run_rounds(start, bits * stages_.rounds(columns));
  const Cycle conversion = stages_.conversion(columns);
  MvmTimes times;
  Cycle next = start;
  for (int bit = 0; bit < bits; ++bit) {
    const Cycle read_end = next + stages_.drive + stages_.read;
    const Cycle sampled = std::max(read_end, adc_free_) + stages_.acquire;
    adc_free_ = sampled + conversion;
    times.done = adc_free_ + stages_.add;
    times.adc_wait += sampled - stages_.acquire - read_end;
    if (bit == 0) times.first_sampled = sampled;
    times.last_sampled = sampled;
    if (!overlap_ && bit + 1 < bits) times.read_wait += times.done - sampled;
    next = overlap_ ? sampled : times.done;
  }
  times.ready = next;
  return times;
}

// Without a sample-and-hold the word lines stay driven while the ADCs convert, so nothing but the
// addition of one round can overlap with the next.
MvmTimes BitStepPipeline::run_rounds(Cycle start, int rounds) const {
  const Cycle read = stages_.drive + stages_.read, burst = stages_.conversion(1);
  const Cycle wait = overlap_ ? 0 : stages_.add;
  const auto others = static_cast<Cycle>(rounds - 1);
  MvmTimes times;
  times.first_sampled = start + read;
  times.last_sampled = times.first_sampled + others * (read + burst + wait);
  times.ready = times.last_sampled + burst + wait;
  times.done = times.last_sampled + burst + stages_.add;
  times.read_wait = others * wait;
  return times;
}

}  // namespace kirchhoff::hw
