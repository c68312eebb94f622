#pragma once

#include "hw/common/clock.h"
#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

/// When a matrix-vector product lets its successor begin, and when its sums are in the output
/// register.
struct MvmTimes {
  Cycle ready = 0;
  Cycle done = 0;
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

 private:
  const Cycle drive_, read_, acquire_, add_;
  const AdcConfig adc_;
  const bool overlap_;
  Cycle adc_free_ = 0;
};

}  // namespace kirchhoff::hw
