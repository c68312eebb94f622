#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "quant/network/network.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {

/// Integers of a weight layer: everything that the chip's registers, crossbars and tables hold.
struct IntegerLayer {
  int weight_bits = 8;      ///< w: weights in [-(2^(w-1)-1), 2^(w-1)-1]
  int activation_bits = 8;  ///< a: inputs in [0, 2^a-1]
  int output_bits = 8;  ///< a of the consumer; 0 for the last layer, which delivers accumulators
  Eigen::MatrixXi weights;  ///< rows() x out_channels, row index as in Layer::rows()

  /// y = clamp((acc*multiplier[c] + bias[c]) >> shift, 0, 2^output_bits - 1), 64-bit arithmetic,
  /// arithmetic shift; the rounding constant is folded into bias. Empty for the last layer.
  std::vector<std::int32_t> multiplier;  ///< in [-32768, 32767]
  std::vector<std::int64_t> bias;        ///< |bias| < 2^47, or 2^62 in a wide layer
  int shift = 0;                         ///< in [0, 47], or [0, 62] in a wide layer

  /// More than 8 bits somewhere. Accumulators then stay below 2^47 instead of 2^31, so that
  /// acc*multiplier + bias fits 64 bits in both cases.
  bool wide() const { return weight_bits > 8 || activation_bits > 8 || output_bits > 8; }
};

/// A network under a policy, with integers: the input of mapping, of the chip and of every
/// inference.
struct IntegerNetwork {
  Network network;
  Policy policy;
  IndexedVector<LayerId, IntegerLayer> layers;
  /// Added by the host to the last layer's accumulators to form the logits, in accumulator units.
  std::vector<std::int64_t> output_bias;

  const Layer& layer(LayerId l) const { return network.layers[l]; }
  /// Throws InputError when an integer is outside the range stated above.
  void validate() const;
};

/// Activation bits of the layers that `producer` feeds; 0 if it feeds none (the last layer).
/// InputError when its consumers want different widths: one output map has one width.
int consumer_bits(const Network& network, const Policy& policy, LayerId producer);

/// Sets multiplier, bias and shift of `layer` to the real constants of y = round(acc*multiplier[c]
/// + bias[c]): the largest shift whose integers stay in range, the rounding constant folded into
/// the bias.
void set_requantisation(IntegerLayer& layer, const std::vector<double>& multiplier,
                        const std::vector<double>& bias);

/// Random weights and requantisation constants that spread outputs over their range; for tests and
/// for networks without data. Same seed, same integers.
IntegerNetwork random_integer_network(const Network& network, const Policy& policy,
                                      std::uint64_t seed);

/// A random unsigned 8-bit image (channels, rows, columns).
std::vector<std::uint8_t> random_image(const Shape& shape, std::uint64_t seed);

/// The image as the first layer's a-bit activations: the a most significant bits of every pixel,
/// rounded to nearest and saturated; identity for a = 8.
std::vector<std::int32_t> quantise_image(const std::vector<std::uint8_t>& image,
                                         int activation_bits);

}  // namespace kirchhoff::quant
