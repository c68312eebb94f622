#pragma once

#include <memory>
#include <vector>

#include "hw/crossbar/crossbar_pair.h"
#include "hw/pe/adc_group.h"
#include "hw/pe/column_mux.h"
#include "hw/pe/dac_group.h"
#include "hw/pe/datapath.h"
#include "hw/pe/sample_hold.h"
#include "hw/pe/sequencer.h"
#include "hw/pe/shift_adder.h"
#include "hw/pe/subtractor.h"

namespace kirchhoff::hw {

/// fidelity=bit: a chain of modules for every pair, in which every bit step and every conversion
/// burst is an event. The modules are children of the PE in which the datapath is made.
class BitDatapath final : public Datapath {
 public:
  explicit BitDatapath(const PeParts& parts);
  ~BitDatapath() override;

  void reset() override;
  void configure(int block) override;
  void cells_changed() override { decoders_valid_ = false; }
  std::optional<ProductTimes> start(int input, int output, const NamedWindow& window) override;
  bool can_follow() const override { return false; }
  void count(PeCounters& counters) const override;
  void watch(const ConversionWatch& watch) override;

 private:
  /// The chain of one pair, in the order in which waveforms list it.
  struct Chain {
    std::unique_ptr<CrossbarPair> pair;
    std::unique_ptr<DacGroup> dac;
    std::unique_ptr<Subtractor> subtractor;
    std::unique_ptr<SampleHold> sample_hold;  ///< or a column multiplexer
    std::unique_ptr<ColumnMux> column_mux;
    std::unique_ptr<AdcGroup> adc;
    std::unique_ptr<ShiftAdder> shift_adder;
  };
  Chain make_chain(int pair);
  void bind(Chain& chain);
  template <typename Stage>
  void join(std::unique_ptr<Stage> Chain::*stage, std::vector<Stage*>& lanes);
  void set_decoders();

  const PeParts parts_;
  Sequencer sequencer_;
  std::vector<Chain> chains_;
  bool decoders_valid_ = false;  ///< the shift-adders know what the arrays hold

  // The modules of a stage as its lanes see each other.
  std::vector<CrossbarPair*> pair_lanes_;
  std::vector<DacGroup*> dac_lanes_;
  std::vector<SampleHold*> sample_hold_lanes_;
  std::vector<ColumnMux*> column_mux_lanes_;
  std::vector<AdcGroup*> adc_lanes_;
  std::vector<ShiftAdder*> shift_adder_lanes_;
};

}  // namespace kirchhoff::hw
