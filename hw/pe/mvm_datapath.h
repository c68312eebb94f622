#pragma once

#include <vector>

#include "hw/common/probe.h"
#include "hw/pe/bit_step_pipeline.h"
#include "hw/pe/block_weights.h"
#include "hw/pe/conversion.h"
#include "hw/pe/datapath.h"
#include "hw/pe/pe_trace.h"
#include "hw/pe/slice_decoder.h"

namespace kirchhoff::hw {

/// fidelity=mvm: counts, sums and times of whole products at once, when they start.
class MvmDatapath final : public Datapath {
 public:
  explicit MvmDatapath(const PeParts& parts);

  void reset() override;
  void configure(int block) override;
  void cells_changed() override;
  std::optional<ProductTimes> start(int input, int output, const NamedWindow& window) override;
  bool can_follow() const override { return parts_.tracer == nullptr; }
  void count(PeCounters& counters) const override { counters += totals_; }
  void watch(const ConversionWatch& watch) override { watch_ = watch; }

 private:
  struct Block {
    explicit Block(const BitStepPipeline& pe_pipeline) : pipeline(pe_pipeline) {}

    BitStepPipeline pipeline;
    bool weights_valid = false, can_clip = false;
    BlockWeights weights;  ///< recovered from the cells
    std::vector<SliceDecoder> slices;
  };

  Block& block(int b) { return blocks_[static_cast<std::size_t>(b)]; }
  void make_block(int b);
  MvmTimes run_product(int b, Cycle begin);
  void multiply(int b, int input, int output);
  /// What is read, and where its sums go.
  struct Read {
    int bit, first_row, output_slot;
  };
  void convert_slices(int b, const std::vector<std::int32_t>& values, int output_slot);
  void convert_read(int b, const Read& read);
  void prepare_weights(int b);
  bool can_clip(const PeSetup& setup) const;
  void add_cells(const CrossbarArray& array, int rows, int column, int scale,
                 BlockWeights::Weights& weights) const;

  const PeParts parts_;
  const Converter converter_;
  std::vector<Block> blocks_;  ///< as far as they have been configured
  PeCounters totals_;
  ConversionWatch watch_;
  WordLines lines_;
  NamedWindow window_;
  Columns columns_, negative_, codes_;  ///< scratch, as lines_
  Probe state_, slot_;
  MvmTrace trace_;
};

}  // namespace kirchhoff::hw
