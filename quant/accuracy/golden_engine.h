#pragma once

#include <optional>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

/// The reference itself, image by image: for what no other engine can compute.
class GoldenEngine : public InferenceEngine {
 public:
  /// `threads` = 0: all cores. With `adc`, every conversion is modelled.
  GoldenEngine(const Network& network, const Dataset& data, int threads, const AdcModel* adc);

  bool takes(const PolicyIntegers&) const override { return true; }
  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override;

 private:
  const Network network_;
  const Dataset& data_;
  const std::size_t threads_;
  const std::optional<AdcModel> adc_;
};

}  // namespace kirchhoff::quant
