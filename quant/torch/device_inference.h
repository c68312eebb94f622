#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quant/accuracy/inference_engine.h"
#include "quant/data/dataset.h"

namespace kirchhoff::quant {

/// The engine for 2..8 bits without converters through LibTorch, for machines with a GPU.
///
/// GPUs multiply floating-point numbers best, and a product of matrices in float32 is exact as long
/// as every partial sum is an integer of at most 2^24, whatever the order of the sum. So a layer's
/// rows are split into chunks within which sum |w| * (2^a - 1) <= 2^24 for every output channel;
/// the chunks' sums are added, and requantised, in float64, which is exact below 2^53. Convolutions
/// are products of matrices here (im2col), never Winograd or FFT, and TF32 is switched off.
class DeviceInference : public InferenceEngine {
 public:
  /// `device`: "cuda", or "cpu", which is slow and gives the same integers. InputError when there
  /// is no such device or the data do not suit the network.
  DeviceInference(const Network& network, const Dataset& data, const std::string& device);
  ~DeviceInference() override;

  bool takes(const PolicyIntegers& integers) const override { return !integers.wide(); }
  ClippedConversions run(const PolicyIntegers& integers, std::size_t first, std::size_t images,
                         const LogitsConsumer& consume) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace kirchhoff::quant
