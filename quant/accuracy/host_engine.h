#pragma once

#include <memory>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {

/// The engine of this machine's processor, which takes everything: each policy is computed by the
/// fastest of those that take it (BatchInference, WideInference, GoldenEngine; of networks that are
/// not plain the first and the last). `threads` = 0: all cores. With `adc`, every conversion is
/// modelled. InputError when `data` do not suit the network.
std::unique_ptr<InferenceEngine> host_engine(const Network& network, const Dataset& data,
                                             int threads = 0, const AdcModel* adc = nullptr);

}  // namespace kirchhoff::quant
