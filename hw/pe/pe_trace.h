#pragma once

#include <vector>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/timeline.h"
#include "hw/config/pe_config.h"
#include "hw/config/read_steps.h"
#include "hw/pe/bit_step_pipeline.h"
#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

struct PeSetup;

/// The rows of a PE in the timeline and its share of the tile's power. Costs one test of a flag per
/// call when nothing is recorded. Blocks that share a PE run at the same time: the slices are those
/// of the widest, the power is of all.
///
///   pe0.read         a slice per window: first bit step driven to last bit step held
///   pe0.convert      a slice per window: first conversion to last
///   power.adc, power.pe  of the tile: dynamic power of its PEs' ADCs, and of everything else that
///                    a product costs in them (DACs, crossbars, subtractors, sample-and-holds,
///                    shift-adders, input and output registers); nominal energies, without leakage
class PeTrace {
 public:
  void reset() { windows_ = 0; }
  void configure(int block, const PeSetup& setup);

 protected:
  /// Energies in all pairs of a block.
  struct Energies {
    Energy read, convert, adc;

    Energies& operator+=(const Energies& o) {
      read += o.read, convert += o.convert, adc += o.adc;
      return *this;
    }
  };
  /// A block and its product under way.
  struct Block {
    int rows = 0, columns = 0, pairs = 0, bits = 0;
    int reads = 0;      ///< of a product
    int converted = 0;  ///< columns that are converted, the unit column included
    int sum_bits = 0;
    Energies steps;  ///< of a bit step, or of all where they differ
    int times = 0;   ///< that `steps` come in a product
    sc_core::sc_time driven, first_sampled;
    Cycle adc_wait = 0;
  };

  PeTrace(const Tracer* tracer, const sc_core::sc_object& pe, const PeConfig& config,
          const Clock& clock);
  ~PeTrace() = default;
  /// Some columns of a read, converted in one round or more, for each of which it is repeated.
  struct Read {
    int first_row, rows;
    InputDigit digit;
    int rounds, columns;
    bool complete;  ///< no column of the read is left: its sums go to the output register
  };
  Energies energies(const Block& block, const Read& read) const;
  Energies of_bit_step(const Block& block, const InputDigit& digit) const;
  void record_window(const Block& block, const sc_core::sc_time& begin,
                     const sc_core::sc_time& last_sampled, const sc_core::sc_time& converted);

  const PeConfig config_;
  const Clock& clock_;
  const StageCycles stages_;
  Energy cell_read_, conversion_;  ///< of one
  bool on_ = false;
  Timeline read_, convert_;
  PowerMeter adc_power_, pe_power_;
  std::vector<Block> blocks_;
  int shown_ = 0;  ///< block whose slices are recorded: of several, one with the most columns
  std::int64_t windows_ = 0;
};

/// fidelity=mvm: whole products.
class MvmTrace final : public PeTrace {
 public:
  MvmTrace(const Tracer* tracer, const sc_core::sc_object& pe, const PeConfig& config,
           const Clock& clock)
      : PeTrace(tracer, pe, config, clock) {}

  void product(int block, Cycle begin, const MvmTimes& times) {
    if (on_) record_product(block, begin, times);
  }

 private:
  void record_product(int block, Cycle begin, const MvmTimes& times);
};

/// fidelity=bit: also
///
///   pe0.bit_read     a slice per bit step, named after the bit, and one for the time that its
///                    columns waited for the ADC
///   pe0.bit_convert  a slice per conversion burst, named after the bit
class BitTrace final : public PeTrace {
 public:
  BitTrace(const Tracer* tracer, const sc_core::sc_object& pe, const PeConfig& config,
           const Clock& clock);

  /// A product begins now; a bit step, or some columns of it, is driven now; it is held, or
  /// converted where nothing holds it, now.
  void begin() {
    if (on_) begin_ = sc_core::sc_time_stamp();
  }
  void driven(int block, const BitStep& step) {
    if (on_) record_driven(block, step);
  }
  void sampled(int block, const BitStep& step) {
    if (on_) record_sampled(block, step);
  }

 private:
  void record_driven(int block, const BitStep& step);
  void record_sampled(int block, const BitStep& step);

  Energies spent_on(const Block& block, const BitStep& step) const;
  Cycle read_cycles(const BitStep& step) const {
    return stages_.drive + static_cast<unsigned>(step.pulses) * stages_.read;
  }

  Timeline bit_read_, bit_convert_;
  sc_core::sc_time begin_;
};

}  // namespace kirchhoff::hw
