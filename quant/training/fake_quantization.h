#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "quant/network/policy.h"
#include "quant/network/weight_quantizer.h"
#include "quant/training/weight_noise.h"

namespace kirchhoff::quant {

/// Quantisation that a network feels while it is trained: every value takes the nearest of its
/// levels, and gradients pass as if it had not (straight-through estimator).
struct FakeQuantization {
  Policy policy;
  /// Of every layer at its weight bits; unused where it has no weights.
  IndexedVector<LayerId, float> weight_clips;
  /// Of every map but the network's result; unused for the image.
  IndexedVector<TensorId, float> activation_clips;
  /// Of every weight of the layers that have a codebook, the number of its entry: the weights of an
  /// entry move together, and their mean is its value. Empty for other layers.
  IndexedVector<LayerId, std::vector<std::int64_t>> entries;
  WeightQuantizer weights = WeightQuantizer::kLinear;
  bool learned = false;  ///< the clips are parameters, too: each times the exponential of one
  /// Weights also miss their levels, in every step otherwise; gradients pass that, too. Null: they
  /// do not. Excludes codebooks.
  std::shared_ptr<const WeightNoise> noise;
};

}  // namespace kirchhoff::quant
