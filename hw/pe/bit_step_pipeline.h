#pragma once

#include "hw/common/clock.h"
#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

/// When a matrix-vector product lets its successor begin, and when its sums are in the output
/// register.
struct MvmTimes {
  Cycle ready = 0;
  Cycle done = 0;
  /// When the first and the last conversions began: bit steps were held, or read.
  Cycle first_sampled = 0, last_sampled = 0;
  Cycle adc_wait = 0;   ///< cycles that read columns waited for the ADC to take them
  Cycle read_wait = 0;  ///< cycles that a bit step waited for the sums of the one before
};

/// How long the stages of a bit step take, in cycles of the PE clock.
struct StageCycles {
  StageCycles(const PeConfig& config, const Clock& clock);
  /// The conversion of `columns` columns: a burst, or one round after another.
  Cycle conversion(int columns) const;
  int rounds(int columns) const;

  Cycle drive, read, acquire, add;

 private:
  AdcConfig adc_;
};

/// The bit-step pipeline of a PE in closed form: the recurrence that the event-driven chain of
/// modules obeys. `fidelity=mvm` runs on it; a test holds it against the chain. Cycles of the PE
/// clock.
class BitStepPipeline {
 public:
  BitStepPipeline(const PeConfig& config, const Clock& clock);

  void reset() { adc_free_ = 0; }
  /// A product of `bits` bit steps over `columns` columns whose first bit step is driven at
  /// `start`.
  MvmTimes run(Cycle start, int bits, int columns);
  const StageCycles& stages() const { return stages_; }

 private:
  MvmTimes run_rounds(Cycle start, int rounds) const;

  const StageCycles stages_;
  const bool overlap_, hold_;
  Cycle adc_free_ = 0;
};

}  // namespace kirchhoff::hw
