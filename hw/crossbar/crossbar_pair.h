#pragma once

#include <systemc>

#include "hw/common/clock.h"
#include "hw/common/probe.h"
#include "hw/config/pe_config.h"
#include "hw/crossbar/crossbar_array.h"
#include "hw/pe/interfaces.h"

namespace kirchhoff::hw {

/// The positive and the negative crossbar of one weight bit. A read takes the crossbar's read time
/// after the word lines settle and delivers the counts of both arrays per bit line.
class CrossbarPair final : public sc_core::sc_module, public WordLineIf {
 public:
  sc_core::sc_export<WordLineIf> word_lines{"word_lines"};
  sc_core::sc_port<BitLineIf, 1, sc_core::SC_ZERO_OR_MORE_BOUND> bit_lines{"bit_lines"};

  CrossbarPair(const sc_core::sc_module_name& name, const CrossbarConfig& config,
               const Clock& clock, const Tracer* tracer = nullptr);
  void reset();
  std::uint64_t array_reads() const { return array_reads_; }  ///< two per bit step
  std::uint64_t cell_reads() const {
    return cell_reads_;
  }  ///< used cells of both arrays, per bit step

  /// Cycles of the PE clock in which the pair was read.
  Cycle busy_cycles() const { return array_reads_ / 2 * read_cycles_; }

  CrossbarArray& positive() { return positive_; }
  CrossbarArray& negative() { return negative_; }
  const CrossbarArray& positive() const { return positive_; }
  const CrossbarArray& negative() const { return negative_; }

  void apply(const BitStep& step, const WordLines& lines) override;

 private:
  void settled();

  const Clock& clock_;
  const Cycle read_cycles_;
  CrossbarArray positive_, negative_;
  sc_core::sc_event settled_event_;
  BitStep step_;
  Columns positive_counts_, negative_counts_;
  std::uint64_t array_reads_ = 0, cell_reads_ = 0;
  Probe reading_;
};

}  // namespace kirchhoff::hw
