#pragma once

#include <vector>

#include <systemc>

#include "hw/common/probe.h"
#include "hw/pe/datapath.h"
#include "hw/pe/pe_trace.h"
#include "hw/ports/analogue_chain.h"

namespace kirchhoff::hw {

/// The sequencer of a PE at fidelity=bit: it gives the word lines of every block one digit of the
/// activations after another, group of rows by group of rows, as the chains behind them let it. All
/// pairs of a block get the same digit at the same edge.
class Sequencer final : public sc_core::sc_module, public SequencerIf {
 public:
  sc_core::sc_port<DriveIf, 0> dacs{"dacs"};  ///< one per pair

  Sequencer(const sc_core::sc_module_name& name, const PeParts& parts);
  void reset();
  void configure(int block) { trace_.configure(block, parts_.blocks.setup(block)); }
  /// Starts a product at the next edge of the PE clock. The listener hears when its word lines are
  /// free, and when its sums are there.
  void start(int input, int output, const NamedWindow& window = {});
  /// Pair cycles that bit steps waited for the sums of the one before.
  std::uint64_t read_wait_cycles() const { return read_wait_cycles_; }

  void sampled(int pair) override;
  void accumulated(int pair, const BitStep& step) override;

 private:
  /// How far a block's products are.
  struct Progress {
    BitStep step;
    int number = 0;  ///< of the bit step under way
    bool drive_pending = false;
    int pairs_sampled = 0, pairs_accumulated = 0;
    std::uint64_t done = 0;  ///< products whose sums are in the output register
    Cycle sampled_at = 0;    ///< of the read under way
  };

  void begin_product();
  void drive_steps();
  void next_step(int block);
  void select_digit(int block, int number);
  void select_rows(int block, int first);
  void select_columns(int block, int first);
  void block_ready();
  void block_done(int block);
  Progress& progress(int block) { return progress_[static_cast<std::size_t>(block)]; }

  const PeParts parts_;
  std::vector<Progress> progress_;  ///< by block
  WordLines lines_;                 ///< of the read that is being driven
  sc_core::sc_event begin_event_, drive_event_;
  int next_input_ = 0, next_output_ = 0;
  NamedWindow next_window_;
  int blocks_ready_ = 0;
  std::uint64_t done_ = 0;  ///< products that the listener has heard of
  std::uint64_t read_wait_cycles_ = 0;
  Probe state_, slot_;
  BitTrace trace_;
};

}  // namespace kirchhoff::hw
