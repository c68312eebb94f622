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
    : dac_(config.dac),
      stages_(config, clock),
      overlap_(config.overlap),
      hold_(config.sample_hold.present) {}

MvmTimes BitStepPipeline::run(Cycle start, int bits, int groups, int columns) {
  if (!hold_) return run_rounds(start, bits, groups * stages_.rounds(columns));
  const Cycle conversion = stages_.conversion(columns);
  const int reads = bit_steps(dac_, bits) * groups;
  MvmTimes times;
  Cycle next = start, read = stages_.read;
  for (int i = 0; i < reads; ++i) {
    if (i % groups == 0 && dac_.bits > 1)
      read =
          stages_.read * static_cast<unsigned>(pulses(dac_, input_digit(dac_, bits, i / groups)));
    const Cycle read_end = next + stages_.drive + read;
    const Cycle sampled = std::max(read_end, adc_free_) + stages_.acquire;
    adc_free_ = sampled + conversion;
    times.done = adc_free_ + stages_.add;
    times.adc_wait += sampled - stages_.acquire - read_end;
    if (i == 0) times.first_sampled = sampled;
    times.last_sampled = sampled;
    if (!overlap_ && i + 1 < reads) times.read_wait += times.done - sampled;
    next = overlap_ ? sampled : times.done;
  }
  times.ready = next;
  return times;
}

// Without a sample-and-hold the word lines stay driven while the ADCs convert, so nothing but the
// addition of one round can overlap with the next.
MvmTimes BitStepPipeline::run_rounds(Cycle start, int bits, int rounds_of_step) const {
  const auto steps = static_cast<unsigned>(bit_steps(dac_, bits)),
             rounds = static_cast<unsigned>(rounds_of_step),
             all_pulses = static_cast<unsigned>(of_product(pulses, dac_, bits)),
             first_pulses = static_cast<unsigned>(pulses(dac_, input_digit(dac_, bits, 0)));
  const Cycle burst = stages_.conversion(1), wait = overlap_ ? 0 : stages_.add;
  const Cycle others = Cycle{steps} * rounds - 1;
  MvmTimes times;
  times.first_sampled = start + stages_.drive + first_pulses * stages_.read;
  times.last_sampled = start + rounds * (steps * stages_.drive + all_pulses * stages_.read) +
                       others * (burst + wait);
  times.ready = times.last_sampled + burst + wait;
  times.done = times.last_sampled + burst + stages_.add;
  times.read_wait = others * wait;
  return times;
}

}  // namespace kirchhoff::hw
