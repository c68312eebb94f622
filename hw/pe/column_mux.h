#pragma once

#include <systemc>

#include "hw/common/clock.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/lockstep.h"

namespace kirchhoff::hw {

/// What stands between a pair's bit lines and its ADCs where there is no sample-and-hold: switches
/// that select as many columns as there are ADCs. The bit lines are converted themselves, so the
/// word lines stay driven until the codes are there.
class ColumnMux final : public sc_core::sc_module, public SampleIf, public LockstepLane<ColumnMux> {
 public:
  sc_core::sc_export<SampleIf> difference{"difference"};
  sc_core::sc_port<ConvertIf> adc{"adc"};
  sc_core::sc_port<SequencerIf> sequencer{"sequencer"};

  ColumnMux(const sc_core::sc_module_name& name, int pair, const Clock& clock);
  void reset() { converted_event_.cancel(); }

  void offer(const BitStep& step, const Columns& differences) override;

 private:
  void converted();

  const int pair_;
  const Clock& clock_;
  sc_core::sc_event converted_event_;
  BitStep step_;
};

}  // namespace kirchhoff::hw
