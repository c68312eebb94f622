#pragma once

#include <optional>

#include "quant/accuracy/pair_convolution.h"

namespace kirchhoff::quant {

/// A convolution some of whose conversions are not lossless: these are modelled, and counted as
/// saturated in the lanes that count only.
class ColumnConvolution : public StageKernel {
 public:
  ColumnConvolution(const Layer& layer, AdcColumns columns);

  void compute(const Requantisation& requantisation, const StageMaps& maps,
               StageScratch& scratch) const override;

 private:
  /// Windows that are converted together, and the slots that count.
  struct Windows {
    int first = 0, count = 0;
    Plane valid = {};
  };

  /// The inputs of one block's rows under these windows as word lines.
  void set_lines(const AdcColumns::Block& block, const Windows& windows, const LaneMap& map,
                 WordLinePlanes& lines) const;
  void convert(const Windows& windows, const LaneMap& map, StageScratch& scratch) const;

  const Layer layer_;
  const Shape output_;
  AdcColumns columns_;                    ///< without `plain`
  std::optional<PairConvolution> plain_;  ///< of the lossless slices, if there are any
};

}  // namespace kirchhoff::quant
