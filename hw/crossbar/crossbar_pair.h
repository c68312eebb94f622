#pragma once

#include <optional>

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/crossbar/crossbar_array.h"
#include "hw/pe/interfaces.h"
#include "hw/pe/lockstep.h"

namespace kirchhoff::hw {

/// The crossbars of one lane, which hold one slice of a block's weights: a positive and a negative
/// array, or a single one with the offset encoding. A read takes the crossbar's read time after the
/// word lines settle and delivers the current of every bit line. In a step with a unit column the
/// last one is the column of ones.
class CrossbarPair final : public sc_core::sc_module,
                           public WordLineIf,
                           public LockstepLane<CrossbarPair> {
 public:
  sc_core::sc_export<WordLineIf> word_lines{"word_lines"};
  sc_core::sc_port<BitLineIf, 1, sc_core::SC_ZERO_OR_MORE_BOUND> bit_lines{"bit_lines"};

  CrossbarPair(const sc_core::sc_module_name& name, const CrossbarConfig& config,
               const Clock& clock, Encoding encoding = Encoding::kDifferential,
               const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t array_reads() const { return array_reads_; }  ///< one per array and bit step
  std::uint64_t cell_reads() const { return cell_reads_; }    ///< used cells, per bit step
  /// Cells read with their word line driven, counted in levels: a cell of level v of a largest
  /// level t is v of t in the low-resistance state. 0 unless `crossbar.energy = data` and integers
  /// flow.
  std::uint64_t lrs_reads() const { return lrs_reads_; }
  std::uint64_t hrs_reads() const { return hrs_reads_; }

  /// Cycles of the PE clock in which the pair was read.
  Cycle busy_cycles() const { return array_reads_ / (negative_ ? 2 : 1) * read_cycles_; }

  CrossbarArray& positive() { return positive_; }
  const CrossbarArray& positive() const { return positive_; }
  /// Null with the offset encoding.
  CrossbarArray* negative() { return negative_ ? &*negative_ : nullptr; }
  const CrossbarArray* negative() const { return negative_ ? &*negative_ : nullptr; }

  void apply(const BitStep& step, const WordLines& lines) override;

 private:
  void end_of_elaboration() override;
  void read(const CrossbarArray& array, const WordLines& lines, Columns& sums);
  void settled();

  const Clock& clock_;
  const Cycle read_cycles_;
  const bool count_levels_;
  CrossbarArray positive_;
  std::optional<CrossbarArray> negative_;
  sc_core::sc_event settled_event_;
  BitStep step_;
  Columns positive_sums_, negative_sums_;
  std::uint64_t array_reads_ = 0, cell_reads_ = 0, lrs_reads_ = 0, hrs_reads_ = 0;
  Probe reading_;
};

}  // namespace kirchhoff::hw
