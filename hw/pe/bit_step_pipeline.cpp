#include "hw/pe/bit_step_pipeline.h"

#include <algorithm>

#include "hw/pe/conversion.h"

namespace kirchhoff::hw {

BitStepPipeline::BitStepPipeline(const PeConfig& config, const Clock& clock)
    : drive_(clock.cycles_for(config.dac.drive.nanoseconds())),
      read_(clock.cycles_for(config.crossbar.read.nanoseconds())),
      acquire_(clock.cycles_for(config.sample_hold.acquire.nanoseconds())),
      add_(static_cast<Cycle>(config.shift_adder.cycles)),
      adc_(config.adc),
      overlap_(config.overlap) {}

MvmTimes BitStepPipeline::run(Cycle start, int bits, int columns) {
  const auto conversion = static_cast<Cycle>(conversion_rounds(adc_, columns) * adc_.cycles);
  Cycle next = start;
  Cycle done = start;
  for (int bit = 0; bit < bits; ++bit) {
    const Cycle read_end = next + drive_ + read_;
    const Cycle sampled = std::max(read_end, adc_free_) + acquire_;
    adc_free_ = sampled + conversion;
    done = adc_free_ + add_;
    next = overlap_ ? sampled : done;
  }
  return {next, done};
}

}  // namespace kirchhoff::hw
