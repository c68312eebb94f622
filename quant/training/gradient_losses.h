#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <vector>

#include "base/indexed.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// What is taken of the movement dz of an image's logits z that the gradients predict, in nats.
enum class GradientLoss {
  kDivergence,  ///< D_KL(softmax(z) || softmax(z + dz))
  /// Its second-order term dz' F dz / 2 with the softmax's Fisher information F = diag(p) - p p'.
  kFisher,
};

/// What a network loses by the weights of one layer, and by the activations that enter it, at fewer
/// than 8 bits, everything else at 8, in nats at [bits]. 0 at 8 bits.
struct LayerLosses {
  std::array<double, kMaxSearchBits + 1> weight{}, activation{};
};
/// Of every layer; zeros of those that were not asked for.
using NetworkLosses = IndexedVector<LayerId, LayerLosses>;

/// Told how many images are done.
using GradientProgress = std::function<void(std::size_t images)>;

}  // namespace kirchhoff::quant
