#include "hw/tile/multiplier.h"

#include <numeric>

namespace kirchhoff::hw {

int Multiplier::cycles(const WindowReduction& window) const {
  const long long passes =
      products_of(window) * config_.passes(window.weight_bits, window.activation_bits);
  return static_cast<int>((passes + config_.lanes - 1) / config_.lanes);
}

void Multiplier::multiply(const WindowReduction& window, const std::vector<std::int32_t>& pixels,
                          Sums& result) {
  const long long products = products_of(window), word = config_.weights.word_bits;
  bit_products_ +=
      static_cast<std::uint64_t>(products * window.weight_bits * window.activation_bits);
  weight_reads_ += static_cast<std::uint64_t>((products * window.weight_bits + word - 1) / word);
  result.clear();
  if (window.weights == nullptr) return;
  const std::int32_t* weights = window.weights;
  for (int output = 0; output < window.channels * window.outputs; ++output) {
    const auto first = pixels.begin() + output / window.outputs * window.pixels;
    result.push_back(std::inner_product(first, first + window.pixels, weights, Sum{0}));
    weights += window.pixels;
  }
}

}  // namespace kirchhoff::hw
