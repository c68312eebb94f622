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

BitStepPipeline::BitStepPipeline(const PeConfig& config, const Clock& clock)
    : stages_(config, clock), overlap_(config.overlap) {}

MvmTimes BitStepPipeline::run(Cycle start, int bits, int columns) {
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

}  // namespace kirchhoff::hw
