#pragma once

#include <systemc>

#include "hw/ports/bit_step.h"

/// The wires between the stages of a PE's analogue chain, one interface per wire bundle, in signal
/// order: sequencer -> DAC group -> crossbar pair -> subtractor -> sample-and-hold -> ADC ->
/// shift-adder -> output register.
namespace kirchhoff::hw {

/// Sequencer to DAC group: begin a bit step.
struct DriveIf : virtual sc_core::sc_interface {
  virtual void drive(const BitStep& step, const WordLines& lines) = 0;
};

/// DAC group to crossbar pair: the word lines are settled.
struct WordLineIf : virtual sc_core::sc_interface {
  virtual void apply(const BitStep& step, const WordLines& lines) = 0;
};

/// Crossbar pair to subtractor: bit-line currents as sums of the levels of driven cells. `negative`
/// is empty with the offset encoding.
struct BitLineIf : virtual sc_core::sc_interface {
  virtual void sense(const BitStep& step, const Columns& positive, const Columns& negative) = 0;
};

/// Subtractor to sample-and-hold or column multiplexer: the differences are valid until the word
/// lines change.
struct SampleIf : virtual sc_core::sc_interface {
  virtual void offer(const BitStep& step, const Columns& differences) = 0;
};

/// Sample-and-hold or column multiplexer to ADC.
struct ConvertIf : virtual sc_core::sc_interface {
  virtual bool busy() const = 0;
  virtual const sc_core::sc_event& idle_event() const = 0;
  /// Begins a burst and returns its length in cycles of the PE clock.
  virtual std::uint64_t convert(const BitStep& step, const Columns& held) = 0;
};

/// ADC to shift-adder: the codes of a finished conversion burst, in units of cell levels.
struct CodeIf : virtual sc_core::sc_interface {
  virtual void accept(const BitStep& step, const Columns& codes) = 0;
};

/// Shift-adder to output register: sums[c] += codes[c] * factor, plus or minus a power of two.
struct AccumulateIf : virtual sc_core::sc_interface {
  virtual void accumulate(int slot, std::int32_t factor, const Columns& codes) = 0;
};

/// Progress of a pair's chain, reported to the sequencer of its PE.
struct SequencerIf : virtual sc_core::sc_interface {
  /// The columns are held, or converted where nothing holds them: the word lines may change.
  virtual void sampled(int pair) = 0;
  /// The sums of the bit step are in the output register.
  virtual void accumulated(int pair, const BitStep& step) = 0;
};

}  // namespace kirchhoff::hw
