#include "hw/pe/block_weights.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "hw/common/target_clones.h"

namespace kirchhoff::hw {

namespace {

/// Rows are padded to a multiple of this, with zeros, so that the compiler's vectors fit.
constexpr int kLane = 16;

KIRCHHOFF_TARGET_CLONES
void multiply_narrow(const std::int16_t* weights, const std::int16_t* inputs, int columns, int rows,
                     Sum* sums) {
  for (int c = 0; c < columns; ++c, weights += rows) {
    std::int32_t sum = 0;
    for (int r = 0; r < rows; ++r)
      sum += static_cast<std::int32_t>(weights[r]) * static_cast<std::int32_t>(inputs[r]);
    sums[c] = sum;
  }
}

KIRCHHOFF_TARGET_CLONES
void multiply_wide(const std::int32_t* weights, const std::int32_t* inputs, int columns, int rows,
                   Sum* sums) {
  for (int c = 0; c < columns; ++c, weights += rows) {
    Sum sum = 0;
    for (int r = 0; r < rows; ++r) sum += Sum{weights[r]} * inputs[r];
    sums[c] = sum;
  }
}

}  // namespace

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
  const Eigen::Index padded = (weights.cols() + kLane - 1) / kLane * kLane;
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
