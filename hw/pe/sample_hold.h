#pragma once

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/lockstep.h"

namespace kirchhoff::hw {

/// One capacitor per column. It takes a new sample only when the ADC has converted the old one;
/// until then the word lines stay driven.
class SampleHold final : public sc_core::sc_module,
                         public SampleIf,
                         public LockstepLane<SampleHold> {
 public:
  sc_core::sc_export<SampleIf> difference{"difference"};
  sc_core::sc_port<ConvertIf> adc{"adc"};
  sc_core::sc_port<SequencerIf> sequencer{"sequencer"};

  SampleHold(const sc_core::sc_module_name& name, const SampleHoldConfig& config, int pair,
             const Clock& clock, const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t samples() const { return samples_; }
  Cycle stall_cycles() const {
    return stall_cycles_;
  }  ///< cycles of the PE clock that a sample waited for the ADC

  void offer(const BitStep& step, const Columns& differences) override;

 private:
  void acquire();
  void held();

  const int pair_;
  const Clock& clock_;
  const Cycle acquire_cycles_;
  sc_core::sc_event offered_event_, held_event_;
  BitStep step_;
  Columns held_;
  Cycle offered_at_ = 0;
  Cycle stall_cycles_ = 0;
  std::uint64_t samples_ = 0;
  bool waiting_ = false;
  Probe state_;
};

}  // namespace kirchhoff::hw
