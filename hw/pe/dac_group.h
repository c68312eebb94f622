#pragma once

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/lockstep.h"

namespace kirchhoff::hw {

/// The DACs of one crossbar pair: put one digit of the activations per row on the word lines.
class DacGroup final : public sc_core::sc_module, public DriveIf, public LockstepLane<DacGroup> {
 public:
  sc_core::sc_export<DriveIf> input{"input"};
  sc_core::sc_port<WordLineIf> word_lines{"word_lines"};

  DacGroup(const sc_core::sc_module_name& name, const DacConfig& config, const Clock& clock,
           const Tracer* tracer = nullptr);
  void reset();
  /// DAC drives: rows times bit steps and their drives.
  std::uint64_t drives() const { return drives_; }
  Cycle busy_cycles() const { return busy_cycles_; }

  void drive(const BitStep& step, const WordLines& lines) override;

 private:
  void settled();

  const Clock& clock_;
  const Cycle drive_cycles_;
  sc_core::sc_event settled_event_;
  BitStep step_;
  WordLines lines_{};
  std::uint64_t drives_ = 0;
  Cycle busy_cycles_ = 0;
  Probe bit_, driven_, busy_;
};

}  // namespace kirchhoff::hw
