#pragma once

#include <cstdint>
#include <vector>

#include <Eigen/Core>

#include "hw/common/sums.h"
#include "hw/ports/pe_ports.h"

namespace kirchhoff::hw {

/// The integers that a block's cells stand for, and their product with a window: what the analogue
/// chain computes when no conversion changes a value. Plain class.
class BlockWeights {
 public:
  using Weights = Eigen::Matrix<std::int32_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

  /// `weights` is columns x rows.
  void assign(const PeSetup& setup, const Weights& weights);
  /// sums[c] = weights of column c times `inputs`, one per row.
  void multiply(const std::int32_t* inputs, Sum* sums);

 private:
  // Products of 16-bit integers whose sums fit 32 bits have an instruction of their own.
  bool narrow_ = false;
  int rows_ = 0;
  Eigen::Matrix<std::int16_t, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> narrow_weights_;
  std::vector<std::int16_t> narrow_inputs_;
  Weights weights_;
};

}  // namespace kirchhoff::hw
