#pragma once

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/crossbar/lane_cells.h"
#include "hw/ports/analogue_chain.h"
#include "hw/ports/lockstep.h"

namespace kirchhoff::hw {

/// The crossbars of one lane. A pulse of a read takes the crossbar's read time after the word lines
/// settle; the last one delivers the current of every bit line. In a step with a unit column the
/// last one is the column of ones.
class CrossbarPair final : public sc_core::sc_module,
                           public WordLineIf,
                           public LockstepLane<CrossbarPair> {
 public:
  sc_core::sc_export<WordLineIf> word_lines{"word_lines"};
  sc_core::sc_port<BitLineIf> bit_lines{"bit_lines"};

  CrossbarPair(const sc_core::sc_module_name& name, const CrossbarConfig& config,
               const Clock& clock, const LaneCells& cells, const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t cell_reads() const { return cell_reads_; }  ///< used cells, per drive of a bit step
  /// Cells read with their word line driven, counted in the levels that they were programmed to: a
  /// cell of level v of a largest
  /// level t is v of t in the low-resistance state. 0 unless `crossbar.energy = data` and integers
  /// flow.
  std::uint64_t lrs_reads() const { return lrs_reads_; }
  std::uint64_t hrs_reads() const { return hrs_reads_; }

  /// Cycles of the PE clock in which the pair was read.
  Cycle busy_cycles() const { return pulses_ * read_cycles_; }

  void apply(const BitStep& step, const WordLines& lines) override;

 private:
  unsigned arrays() const { return cells_.negative ? 2 : 1; }
  void read(const CrossbarArray& array, const WordLines& lines, Columns& sums);
  void settled();

  const Clock& clock_;
  const Cycle read_cycles_;
  const bool count_levels_;
  const LaneCells& cells_;
  sc_core::sc_event settled_event_;
  BitStep step_;
  Columns positive_sums_, negative_sums_;
  Columns levels_;  ///< scratch
  std::uint64_t pulses_ = 0, cell_reads_ = 0, lrs_reads_ = 0, hrs_reads_ = 0;
  Probe reading_;
};

}  // namespace kirchhoff::hw
