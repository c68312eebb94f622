#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// What a chip makes of weights that it cannot hold exactly, for a training that is to get used to
/// it.
class WeightNoise {
 public:
  virtual ~WeightNoise() = default;
  /// What acts in place of a layer's integer weights (rows() x out_channels, at `bits` bits) in
  /// draw `draw`, in the same unit and in their order, column after column. A pure function.
  virtual std::vector<float> weights(LayerId layer, const Eigen::MatrixXi& weights, int bits,
                                     std::uint64_t draw) const = 0;
  /// In words: what a checkpoint is of.
  virtual std::string description() const = 0;
};

}  // namespace kirchhoff::quant
