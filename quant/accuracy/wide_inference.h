#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// The engine of plain networks for more than 8 bits somewhere, though it takes all widths. It adds
/// integers as doubles, which is exact, since accumulators of wide layers stay below 2^47: a
/// fraction of the speed of BatchInference, many times that of golden_inference. No converters.
class WideInference : public InferenceEngine {
 public:
  /// `threads` = 0: all cores.
  WideInference(const Network& network, const Dataset& data, int threads);

  bool takes(const PolicyIntegers&) const override { return true; }
  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override;

 private:
  const Network network_;
  const Dataset& data_;
  const std::size_t threads_;
};

}  // namespace kirchhoff::quant
