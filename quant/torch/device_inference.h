#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/network/integer_network.h"
#include "quant/quantizer/quantizer.h"
#include "quant/training/device_engine.h"

namespace kirchhoff::quant {

/// Exact integer inference through LibTorch, for machines with a GPU: the same integers as
/// golden_inference, bit for bit.
///
/// GPUs multiply floating-point numbers best, and a product of matrices in float32 is exact as long
/// as every partial sum is an integer of at most 2^24, whatever the order of the sum. So a layer's
/// rows are split into chunks within which sum |w| * (2^a - 1) <= 2^24 for every output channel;
/// the chunks' sums are added, and requantised, in float64, which is exact below 2^53. Convolutions
/// are products of matrices here (im2col), never Winograd or FFT, and TF32 is switched off.
class DeviceInference : public DeviceEngine {
 public:
  /// Keeps references. `device`: "cuda", or "cpu", which is slow and gives the same integers.
  /// InputError when there is no such device or the data do not suit the network.
  DeviceInference(Quantizer& quantizer, const Dataset& data, const std::string& device);
  ~DeviceInference() override;
  DeviceInference(const DeviceInference&) = delete;
  DeviceInference& operator=(const DeviceInference&) = delete;

  std::vector<int> predictions(const Policy& policy, std::size_t first,
                               std::size_t images) override;
  ImageLogits real_logits(const Policy& policy, std::size_t first, std::size_t images) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Logits of the first `images` of `data` under a network that is integers already, of 2..8 bits.
std::vector<std::vector<std::int64_t>> device_logits(const IntegerNetwork& network,
                                                     const Dataset& data, std::size_t images,
                                                     const std::string& device);

/// First rows of the chunks of a layer's weights (rows x channels) for inputs of that many bits,
/// and the number of rows at the end.
std::vector<std::int64_t> exact_chunks(const Eigen::MatrixXi& weights, int activation_bits);

}  // namespace kirchhoff::quant
