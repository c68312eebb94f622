#pragma once

#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Quantisation that a network feels while it is trained: every value takes the nearest of its
/// levels, and gradients pass as if it had not (straight-through estimator).
struct FakeQuantization {
  Policy policy;
  IndexedVector<LayerId, float> weight_clips;  ///< of every layer at its weight bits
  /// Of every layer's input; unused where that is the image.
  IndexedVector<LayerId, float> activation_clips;
  bool learned = false;  ///< the clips are parameters, too: each times the exponential of one
};

}  // namespace kirchhoff::quant
