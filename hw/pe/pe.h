#pragma once

#include <memory>
#include <optional>
#include <vector>

#include <systemc>
#include <tlm>
#include <tlm_utils/simple_target_socket.h>

#include "hw/common/clock.h"
#include "hw/common/fidelity.h"
#include "hw/common/identifiers.h"
#include "hw/common/probe.h"
#include "hw/common/sums.h"
#include "hw/config/pe_config.h"
#include "hw/crossbar/crossbar_pair.h"
#include "hw/pe/adc_group.h"
#include "hw/pe/bit_step_pipeline.h"
#include "hw/pe/block_weights.h"
#include "hw/pe/column_mux.h"
#include "hw/pe/conversion.h"
#include "hw/pe/dac_group.h"
#include "hw/pe/pe_setup.h"
#include "hw/pe/pe_trace.h"
#include "hw/pe/registers.h"
#include "hw/pe/sample_hold.h"
#include "hw/pe/shift_adder.h"
#include "hw/pe/slice_decoder.h"
#include "hw/pe/subtractor.h"

namespace kirchhoff::hw {

/// What a PE did since its last reset. Counts are the same in both fidelities and in both data
/// modes.
struct PeCounters {
  std::uint64_t products = 0, bit_steps = 0;
  std::uint64_t input_reads = 0, input_writes = 0, output_reads = 0, output_writes = 0;
  std::uint64_t dac_drives = 0, cell_reads = 0, subtractions = 0, samples = 0, conversions = 0,
                shift_adds = 0;
  std::uint64_t clipped = 0;  ///< saturated conversions; 0 unless integers flow
  /// Driven cells in levels (CrossbarPair); 0 unless `crossbar.energy = data`.
  std::uint64_t lrs_reads = 0, hrs_reads = 0;
  /// Cycles of the PE clock that the stages of the bit-step pipeline were busy or waited, summed
  /// over the pairs in use.
  std::uint64_t drive_cycles = 0, read_cycles = 0, adc_wait_cycles = 0, convert_cycles = 0,
                add_cycles = 0, read_wait_cycles = 0;

  template <typename Visitor>
  void visit(Visitor&& v) {
    v("products", products, "matrix-vector products");
    v("bit_steps", bit_steps, "bit steps");
    v("input_reads", input_reads, "words read from input registers");
    v("input_writes", input_writes, "words written to input registers");
    v("output_reads", output_reads, "words read from output registers");
    v("output_writes", output_writes, "words written to output registers");
    v("dac_drives", dac_drives, "word lines driven");
    v("cell_reads", cell_reads, "cells read, all arrays");
    v("subtractions", subtractions, "column pairs subtracted");
    v("samples", samples, "columns sampled");
    v("conversions", conversions, "conversions");
    v("shift_adds", shift_adds, "codes shifted and added");
    v("clipped", clipped, "conversions that saturated");
    v("lrs_reads", lrs_reads, "levels of driven cells in the low-resistance state");
    v("hrs_reads", hrs_reads, "levels of driven cells in the high-resistance state");
    v("drive_cycles", drive_cycles, "pair cycles in which DACs drove a new bit");
    v("read_cycles", read_cycles, "pair cycles in which crossbars were read");
    v("adc_wait_cycles", adc_wait_cycles, "pair cycles that read columns waited for the ADC");
    v("convert_cycles", convert_cycles, "pair cycles in which ADCs converted");
    v("add_cycles", add_cycles, "pair cycles in which shift-adders added");
    v("read_wait_cycles", read_wait_cycles,
      "pair cycles that a bit step waited for the sums of the one before");
  }
};

/// When a product's word lines are free, so that the next may start, and when its sums are in the
/// output slot.
struct ProductTimes {
  sc_core::sc_time ready, done;
};

/// Controller to PE.
struct PeControlIf : virtual sc_core::sc_interface {
  /// Block `block` of the PE, 0 up to `pe.pairs` - 1; rows = 0: none. Before the first start(); no
  /// two blocks may share pairs.
  virtual void configure(int block, const PeSetup& setup) = 0;
  /// Multiplies the windows in input slot `input` of all blocks into output slot `output`, from the
  /// next edge of the PE clock. fidelity=mvm: the sums are in the output slot at once; returned are
  /// the times from which they may be used, and the listener hears nothing.
  /// fidelity=bit: no times are returned, the listener hears when it happens.
  virtual std::optional<ProductTimes> start(int input, int output) = 0;
  /// Whether PEs of equal blocks, started, loaded and drained together, can only do the same: while
  /// sizes flow at fidelity=mvm and nobody watches.
  virtual bool can_follow() const = 0;
  /// What this PE does from now on is what `leader` does, which has blocks of the same sizes: it
  /// shows the leader's counters and needs no calls of its own. Until reset() or configure().
  virtual void follow(const PeControlIf& leader) = 0;
};

/// PE to controller, at fidelity=bit.
struct PeListenerIf : virtual sc_core::sc_interface {
  /// The word lines are free: the next product may start, and its predecessor's input slot may be
  /// loaded.
  virtual void pe_ready(PeId pe) = 0;
  /// The oldest product under way is in its output slot.
  virtual void pe_done(PeId pe) = 0;
};

/// A processing element: blocks of a layer's weights on its `pe.pairs` crossbar pairs, a pair per
/// weight slice. Blocks run at the same time, each on pairs of its own. `bus_socket`: a write loads
/// input slot `address % 2` of block `address / 2` (32-bit values), a read drains the output slot
/// (values of type Sum); without a data pointer only sizes flow. `cell_socket`: programs and reads
/// back crossbar rows and flip flags (register_map.h).
class Pe final : public sc_core::sc_module, public PeControlIf, public SequencerIf {
 public:
  tlm_utils::simple_target_socket<Pe> bus_socket{"bus_socket"};
  tlm_utils::simple_target_socket<Pe> cell_socket{"cell_socket"};
  sc_core::sc_export<PeControlIf> control{"control"};
  sc_core::sc_port<PeListenerIf> listener{"listener"};

  Pe(const sc_core::sc_module_name& name, PeId id, const PeConfig& config, const Clock& clock,
     Fidelity fidelity, const Tracer* tracer = nullptr);
  ~Pe() override;
  void reset();
  PeCounters counters() const;
  /// Clears all cells.
  void erase();

  void configure(int block, const PeSetup& setup) override;
  std::optional<ProductTimes> start(int input, int output) override;
  bool can_follow() const override { return fidelity_ == Fidelity::kMvm && !traced_; }
  void follow(const PeControlIf& leader) override { leader_ = &static_cast<const Pe&>(leader); }
  void sampled(int pair) override;
  void accumulated(int pair, const BitStep& step) override;

 private:
  /// A block and how far its products are.
  struct Block {
    explicit Block(const BitStepPipeline& pe_pipeline) : pipeline(pe_pipeline) {}

    PeSetup setup;
    BitStep step;
    bool drive_pending = false;
    int pairs_sampled = 0, pairs_accumulated = 0;
    std::uint64_t done = 0;  ///< products whose sums are in the output register
    Cycle sampled_at = 0;    ///< of the bit step under way
    BitStepPipeline pipeline;
    bool weights_valid = false, can_clip = false;
    BlockWeights weights;  ///< recovered from the cells
    std::vector<SliceDecoder> slices;
  };

  void bus_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  void cell_transport(tlm::tlm_generic_payload& trans, sc_core::sc_time& delay);
  unsigned cell_debug(tlm::tlm_generic_payload& trans);
  bool access_cells(tlm::tlm_generic_payload& trans);
  bool access_flips(tlm::tlm_generic_payload& trans, std::size_t pair);

  void begin_product();
  void drive_steps();
  void next_step(Block& block);
  void select_columns(Block& block, int first) const;
  void block_ready();
  void block_done(Block& block);
  MvmTimes run_product(std::size_t b, Cycle begin, int input, int output);
  void multiply(std::size_t b, int input, int output);
  void prepare(Block& block);
  void prepare_weights(Block& block);
  Block& block_of(int pair) {
    return blocks_[static_cast<std::size_t>(block_of_pair_[static_cast<std::size_t>(pair)])];
  }

  const PeId id_;
  const PeConfig config_;
  const Clock& clock_;
  const Fidelity fidelity_;
  const bool traced_;
  const Pe* leader_ = nullptr;
  const Converter converter_;

  InputRegister input_register_;
  OutputRegister output_register_;
  template <typename Stage>
  void join(std::vector<std::unique_ptr<Stage>>& stages, std::vector<Stage*>& lanes);

  std::vector<std::unique_ptr<CrossbarPair>> pairs_;
  // The rest of the chain exists at fidelity=bit only.
  std::vector<std::unique_ptr<DacGroup>> dacs_;
  std::vector<std::unique_ptr<Subtractor>> subtractors_;
  std::vector<std::unique_ptr<SampleHold>> sample_holds_;  ///< or column multiplexers
  std::vector<std::unique_ptr<ColumnMux>> column_muxes_;
  std::vector<std::unique_ptr<AdcGroup>> adcs_;
  std::vector<std::unique_ptr<ShiftAdder>> shift_adders_;

  // The same modules as the lanes of their stages see each other.
  std::vector<CrossbarPair*> pair_lanes_;
  std::vector<DacGroup*> dac_lanes_;
  std::vector<SampleHold*> sample_hold_lanes_;
  std::vector<ColumnMux*> column_mux_lanes_;
  std::vector<AdcGroup*> adc_lanes_;
  std::vector<ShiftAdder*> shift_adder_lanes_;

  std::vector<std::vector<std::uint8_t>> flips_;  ///< per pair: a flag per column
  std::vector<Block> blocks_;
  std::vector<int> active_;         ///< blocks with rows
  std::vector<int> block_of_pair_;  ///< -1: unused
  bool written_ = false;            ///< cells or flags, since erase()
  sc_core::sc_event begin_event_, drive_event_;
  int next_input_ = 0, next_output_ = 0;
  int blocks_ready_ = 0;
  std::uint64_t done_ = 0;  ///< products that the listener has heard of
  PeCounters totals_;
  Columns columns_;  ///< scratch
  Probe state_, slot_;
  PeTrace trace_;
};

}  // namespace kirchhoff::hw
