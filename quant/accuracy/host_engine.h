#pragma once

#include <memory>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

/// Which engine computes policies of 2..8 bits without converters.
enum class Kernels {
  kFastest,  ///< the fastest of the exact ones, by trial on the first run
  kOwn,      ///< BatchInference, exact on every processor
  kOneDnn,   ///< OneDnnInference, exact where onednn_is_exact()
};

/// The engine of this machine's processor, which takes everything: each policy is computed by the
/// fastest of those that take it (BatchInference or OneDnnInference, WideInference, GoldenEngine;
/// of networks that are not plain the first and the last). `threads` = 0: all cores. With `adc`,
/// every conversion is modelled. InputError when `data` do not suit the network.
std::unique_ptr<InferenceEngine> host_engine(const Network& network, const Dataset& data,
                                             int threads = 0, const AdcModel* adc = nullptr,
                                             Kernels kernels = Kernels::kFastest);

}  // namespace kirchhoff::quant
