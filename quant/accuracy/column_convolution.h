#pragma once

#include "quant/accuracy/converted_convolution.h"

namespace kirchhoff::quant {

/// A convolution some of whose conversions are not lossless: these are modelled, and counted as
/// saturated in the lanes that count only.
class ColumnConvolution final : public ConvertedConvolution {
 public:
  ColumnConvolution(const Layer& layer, AdcColumns columns);

 private:
  void convert(const Windows& windows, const LaneMap& map, StageScratch& scratch) const override;

  AdcColumns columns_;  ///< without `plain`
};

}  // namespace kirchhoff::quant
