#pragma once

#include "hw/common/clock.h"
#include "hw/config/pe_config.h"
#include "hw/config/read_steps.h"

namespace kirchhoff::hw {

/// When a matrix-vector product lets its successor begin, and when its sums are in the output
/// register.
struct MvmTimes {
  Cycle ready = 0;
  Cycle done = 0;
  /// When the first and the last conversions began: reads were held, or over.
  Cycle first_sampled = 0, last_sampled = 0;
  Cycle adc_wait = 0;   ///< cycles that read columns waited for the ADC to take them
  Cycle read_wait = 0;  ///< cycles that a read waited for the sums of the one before
};

/// How long the stages of a read take, in cycles of the PE clock.
struct StageCycles {
  StageCycles(const PeConfig& config, const Clock& clock);
  /// The conversion of `columns` columns: a burst, or one round after another.
  Cycle conversion(int columns) const;
  int rounds(int columns) const;

  Cycle drive, read, acquire, add;  ///< `read`: one pulse

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
  /// A product with inputs of `bits` bits, each of whose bit steps reads `groups` groups of rows,
  /// over `columns` columns. The first read is driven at `start`.
  MvmTimes run(Cycle start, int bits, int groups, int columns);
  const StageCycles& stages() const { return stages_; }

 private:
  MvmTimes run_rounds(Cycle start, int bits, int rounds_of_step) const;

  const DacConfig dac_;
  const StageCycles stages_;
  const bool overlap_, hold_;
  Cycle adc_free_ = 0;
};

}  // namespace kirchhoff::hw
