#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// What a layer's weights are rounded to where the policy gives them fewer than 8 bits.
enum class WeightQuantizer {
  kLinear,  ///< integers of so many bits
  /// A codebook of 2^bits integers of 8 bits, one for the layer, by k-means. What is stored of a
  /// weight is the number of its entry; the crossbars hold the entry.
  kKmeans,
};

/// Their names, in that order.
const std::vector<std::string>& weight_quantizer_names();
inline const std::string& weight_quantizer_name(WeightQuantizer quantizer) {
  return weight_quantizer_names()[static_cast<std::size_t>(quantizer)];
}
/// None for any other text.
std::optional<WeightQuantizer> weight_quantizer_of(const std::string& name);

/// Bits of a codebook's entries. Weights of so many bits need none.
inline constexpr int kEntryBits = 8;

constexpr bool has_codebook(WeightQuantizer quantizer, int weight_bits) {
  return quantizer == WeightQuantizer::kKmeans && weight_bits >= kMinBits &&
         weight_bits < kEntryBits;
}

/// Bits of the integers that the crossbars hold.
constexpr int stored_bits(WeightQuantizer quantizer, int weight_bits) {
  return has_codebook(quantizer, weight_bits) ? kEntryBits : weight_bits;
}

/// The widths of a policy as the chip has them: what it costs there.
Policy stored_policy(WeightQuantizer quantizer, Policy policy);

/// Bits that a layer's weights take in a model file: so many each, and the codebook.
std::int64_t size_in_bits(const Layer& layer, int weight_bits, WeightQuantizer quantizer);

}  // namespace kirchhoff::quant
