#pragma once

#include <vector>

#include "quant/accuracy/stage_kernel.h"
#include "quant/accuracy/window_taps.h"

namespace kirchhoff::quant {

/// Every channel's sums or maxima over windows.
class Reduction : public StageKernel {
 public:
  explicit Reduction(const Layer& layer);

  void compute(const Requantisation& requantisation, const StageMaps& maps,
               StageScratch& scratch) const override;

 private:
  const Layer layer_;
  const Shape output_;
  const std::vector<Taps> rows_, columns_;  ///< of every line and every window of a line
};

}  // namespace kirchhoff::quant
