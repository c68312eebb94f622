#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <Eigen/Core>
#include <torch/torch.h>

#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// First rows of the chunks of a layer's weights (rows x channels) for inputs of that many bits,
/// and the number of rows at the end: within a chunk sum |w| * (2^a - 1) <= 2^24 for every channel.
std::vector<std::int64_t> exact_chunks(const Eigen::MatrixXi& weights, int activation_bits);

/// Weights of a layer on a device, in exact chunks.
class DeviceWeights {
 public:
  DeviceWeights(const Layer& shape, const Eigen::MatrixXi& weights, int activation_bits,
                torch::Device device);

  /// images x channels x windows, float64, of the inputs under the kernel at every window: images x
  /// rows of all groups x windows.
  torch::Tensor product(const torch::Tensor& rows) const;

 private:
  int groups_;
  std::vector<torch::Tensor> weights_;   ///< groups x channels of a group x rows of a chunk
  std::vector<std::int64_t> first_row_;  ///< and the end
};

/// What a stage does on a device, in numbers that floating point represents exactly: maps are
/// float32 images x channels x rows x columns with integers.
class DeviceStage {
 public:
  /// `weights` are null where the stage has none.
  DeviceStage(const Layer& shape, const IntegerLayer& layer,
              std::shared_ptr<const DeviceWeights> weights, torch::Device device);

  /// Sums or maxima over the windows: images x channels x windows, float64.
  torch::Tensor accumulate(const torch::Tensor& map) const;
  /// Of the second operand, undefined without one: requantised, behind the function, pooled.
  torch::Tensor leave(const torch::Tensor& sums, const torch::Tensor& operand) const;

 private:
  /// The map with what its windows reach beyond it.
  torch::Tensor padded(const torch::Tensor& map, double value) const;

  const Layer& shape_;
  std::shared_ptr<const DeviceWeights> weights_;
  double factor_;  ///< 2^-shift
  double operand_factor_;
  double low_, high_;  ///< to which shifted values are clamped
  /// 1 x channels x 1, 1 x 1 x 1, or 1 x 1 x windows; undefined in the last layer.
  torch::Tensor multiplier_, bias_;
  torch::Tensor table_;  ///< of the address less `low_`; undefined without one
};

}  // namespace kirchhoff::quant
