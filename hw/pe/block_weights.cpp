#include "hw/pe/block_weights.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "hw/pe/column_loops.h"

namespace kirchhoff::hw {

void BlockWeights::assign(const PeSetup& setup, const Weights& weights) {
  rows_ = static_cast<int>(weights.cols());
  const std::int64_t top = (std::int64_t{1} << setup.activation_bits) - 1;
  std::int64_t largest = 0, largest_sum = 0;
  for (Eigen::Index c = 0; c < weights.rows(); ++c) {
    std::int64_t sum = 0;
    for (Eigen::Index r = 0; r < weights.cols(); ++r) {
      const std::int64_t magnitude = std::abs(std::int64_t{weights(c, r)});
      largest = std::max(largest, magnitude);
      sum += magnitude;
    }
    largest_sum = std::max(largest_sum, sum * top);
  }
  constexpr std::int64_t kNarrow = std::numeric_limits<std::int16_t>::max();
  narrow_ = largest <= kNarrow && top <= kNarrow &&
            largest_sum <= std::numeric_limits<std::int32_t>::max();
  if (!narrow_) {
    narrow_weights_.resize(0, 0);
    weights_ = weights;
    return;
  }
  weights_.resize(0, 0);
  const Eigen::Index padded = (weights.cols() + kNarrowRows - 1) / kNarrowRows * kNarrowRows;
  narrow_weights_.setZero(weights.rows(), padded);
  narrow_weights_.leftCols(weights.cols()) = weights.cast<std::int16_t>();
  narrow_inputs_.assign(static_cast<std::size_t>(padded), 0);
}

void BlockWeights::multiply(const std::int32_t* inputs, Sum* sums) {
  if (narrow_) {
    std::transform(inputs, inputs + rows_, narrow_inputs_.begin(),
                   [](std::int32_t x) { return static_cast<std::int16_t>(x); });
    multiply_narrow(narrow_weights_.data(), narrow_inputs_.data(),
                    static_cast<int>(narrow_weights_.rows()),
                    static_cast<int>(narrow_weights_.cols()), sums);
  } else {
    multiply_wide(weights_.data(), inputs, static_cast<int>(weights_.rows()), rows_, sums);
  }
}

}  // namespace kirchhoff::hw
