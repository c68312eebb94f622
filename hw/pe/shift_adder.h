#pragma once

#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/pe/slice_decoder.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/lockstep.h"

namespace kirchhoff::hw {

/// Weighs the codes of one pair by 2^(weight bit + activation bit) and adds them to the output
/// register. With the offset encoding it first undoes flips and bias. Codes that come in several
/// rounds are added when the last is there.
class ShiftAdder final : public sc_core::sc_module, public CodeIf, public LockstepLane<ShiftAdder> {
 public:
  sc_core::sc_export<CodeIf> codes{"codes"};
  sc_core::sc_port<AccumulateIf> sums{"sums"};
  sc_core::sc_port<SequencerIf> sequencer{"sequencer"};

  /// `pair` numbers the lane within its PE.
  ShiftAdder(const sc_core::sc_module_name& name, const ShiftAdderConfig& config, int pair,
             const Clock& clock, const Tracer* tracer = nullptr);
  void reset();
  /// What the lane's array holds; before the first step.
  void configure(const SliceDecoder& slice) { slice_ = slice; }
  std::uint64_t adds() const { return adds_; }
  Cycle busy_cycles() const { return busy_cycles_; }

  void accept(const BitStep& step, const Columns& codes) override;

 private:
  /// Codes on their way through the adder.
  struct Burst {
    BitStep step;
    Columns codes;  ///< of the whole bit step; empty in a round that is not its last
    Cycle due = 0;
  };

  void added();
  void add(const Burst& burst);
  void accumulate(const Burst& burst);
  Burst& push();
  Burst& front() { return bursts_[first_]; }
  void pop();

  const int pair_;
  const Clock& clock_;
  const Cycle cycles_;
  SliceDecoder slice_;
  sc_core::sc_event added_event_;
  // A ring: with a slow adder the codes of a bit step come before those of the last have left.
  std::vector<Burst> bursts_{1};
  std::size_t first_ = 0, count_ = 0;
  Columns collected_;  ///< of a bit step that comes in rounds
  std::uint64_t adds_ = 0;
  Cycle busy_cycles_ = 0;
  Probe shift_, value_, busy_;
};

}  // namespace kirchhoff::hw
