#include "quant/accuracy/inference_engine.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::quant {

PolicyIntegers::PolicyIntegers(const IntegerNetwork& network)
    : policy(network.policy), output_bias(network.output_bias) {
  for (const IntegerLayer& layer : network.layers) {
    IntegerLayer& constants = layers.emplace_back(layer);
    constants.weights.resize(0, 0);
    weights.push_back(&layer.weights);
  }
}

bool PolicyIntegers::wide() const {
  return std::any_of(layers.begin(), layers.end(),
                     [](const IntegerLayer& layer) { return layer.wide(); });
}

void PolicyIntegers::refuse_wide() const {
  if (!wide()) return;
  throw InputError(fmt::format("policy {}: must have widths of {} to {}", policy.to_string(),
                               kMinBits, kMaxSearchBits));
}

IntegerNetwork PolicyIntegers::with_weights(const Network& network) const {
  IntegerNetwork result{network, policy, layers, output_bias};
  for (const LayerId l : layers.ids()) {
    if (weights[l] != nullptr) result.layers[l].weights = *weights[l];
  }
  return result;
}

}  // namespace kirchhoff::quant
