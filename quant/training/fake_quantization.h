#pragma once

#include <vector>

#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Quantisation that a network feels while it is trained: every value takes the nearest of its
/// levels, and gradients pass as if it had not (straight-through estimator).
struct FakeQuantization {
  Policy policy;
  std::vector<float> weight_clips;      ///< of every layer at its weight bits
  std::vector<float> activation_clips;  ///< of every layer's input; unused where that is the image
  bool learned = false;  ///< the clips are parameters, too: each times the exponential of one
};

}  // namespace kirchhoff::quant
