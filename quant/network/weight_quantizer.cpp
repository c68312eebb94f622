#include "quant/network/weight_quantizer.h"

#include <algorithm>

namespace kirchhoff::quant {

const std::vector<std::string>& weight_quantizer_names() {
  static const std::vector<std::string> names{"linear", "kmeans"};
  return names;
}

std::optional<WeightQuantizer> weight_quantizer_of(const std::string& name) {
  const auto& names = weight_quantizer_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return static_cast<WeightQuantizer>(found - names.begin());
}

Policy stored_policy(WeightQuantizer quantizer, Policy policy) {
  for (LayerBits& bits : policy.layers) bits.weight = stored_bits(quantizer, bits.weight);
  return policy;
}

std::int64_t size_in_bits(const Layer& layer, int weight_bits, WeightQuantizer quantizer) {
  std::int64_t bits = std::int64_t{layer.weights()} * weight_bits;
  if (layer.has_weights() && has_codebook(quantizer, weight_bits))
    bits += std::int64_t{kEntryBits} << weight_bits;
  return bits;
}

}  // namespace kirchhoff::quant
