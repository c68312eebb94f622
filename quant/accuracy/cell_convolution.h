#pragma once

#include "quant/accuracy/cell_columns.h"
#include "quant/accuracy/converted_convolution.h"

namespace kirchhoff::quant {

/// A convolution on crossbars with real cells. Saturated conversions count in the lanes that count
/// only.
class CellConvolution final : public ConvertedConvolution {
 public:
  CellConvolution(const Layer& layer, CellColumns columns);

 private:
  void convert(const Windows& windows, const LaneMap& map, StageScratch& scratch) const override;

  CellColumns columns_;  ///< without `plain`
};

}  // namespace kirchhoff::quant
