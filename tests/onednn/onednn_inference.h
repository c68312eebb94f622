#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// True where oneDNN's 8-bit convolutions are exact: on processors with VNNI or AMX, whose
/// instructions add four products to a 32-bit sum. Without them oneDNN adds pairs of products with
/// 16-bit saturation.
bool onednn_is_exact();

/// The engine for 2..8 bits without converters by oneDNN's convolutions of 8-bit integers with
/// 32-bit sums, compiled at run time for the processor at hand. Exact where onednn_is_exact();
/// elsewhere for weights of up to 7 bits.
class OneDnnInference : public InferenceEngine {
 public:
  /// `threads` = 0: all cores.
  OneDnnInference(const Network& network, const Dataset& data, int threads);
  ~OneDnnInference() override;

  /// Tries every layer's convolution at full scale, where saturation would show.
  bool exact_at_full_scale() const;

  bool takes(const PolicyIntegers& integers) const override { return !integers.wide(); }
  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::quant
