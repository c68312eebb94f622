#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <Eigen/Core>

#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {

/// Integers of a layer: everything that the chip's registers, crossbars and tables hold.
struct IntegerLayer {
  int weight_bits = 8;      ///< w: weights in [-(2^(w-1)-1), 2^(w-1)-1]; 0 without weights
  int codebook_bits = 0;    ///< at most 2^this different weights, a codebook's; 0: any
  int activation_bits = 8;  ///< a: inputs in [0, 2^a-1], or with a sign in [-2^(a-1), 2^(a-1)-1]
  bool input_signed = false;
  int output_bits = 8;  ///< of the map it makes; 0 for the last layer, which delivers its sums
  bool output_signed = false;
  Eigen::MatrixXi weights;  ///< rows() x out_channels, row index as in Layer::rows()

  /// y = f((acc*multiplier[k] + r*residual_multiplier + bias[k]) >> shift), 64-bit arithmetic,
  /// arithmetic shift; r is the second operand, if there is one; the rounding constant is folded
  /// into bias. k is the channel, and without weights 0, or the pixels under the window less 1
  /// (constants_of()). Empty for the last layer.
  std::vector<std::int32_t> multiplier;  ///< in [-32768, 32767]
  std::vector<std::int64_t> bias;        ///< |bias| < 2^47, or 2^61 in a wide layer
  int shift = 0;                         ///< in [0, 47], or [0, 62] in a wide layer
  /// In [0, 2^31 - 1]: a second operand counts in steps of a map, products in far smaller ones.
  std::int32_t residual_multiplier = 0;
  /// f of v in [-2^output_bits, 2^output_bits - 1], to which the shifted value is clamped: entry
  /// v + 2^output_bits. Empty: v, clamped to the range of the map, from 0 with a ReLU.
  std::vector<std::int32_t> table;

  /// More than 8 bits somewhere. Accumulators then stay below 2^47 instead of 2^31, so that
  /// acc*multiplier + bias fits 64 bits in both cases.
  bool wide() const { return weight_bits > 8 || activation_bits > 8 || output_bits > 8; }
  /// What the policy says of the weights. With the layer it tells them from any others of a model.
  int policy_bits() const { return codebook_bits > 0 ? codebook_bits : weight_bits; }
  int largest_input() const {
    return (1 << (input_signed ? activation_bits - 1 : activation_bits)) - 1;
  }
  int least_input() const { return input_signed ? -(1 << (activation_bits - 1)) : 0; }
  int largest_output() const { return (1 << (output_signed ? output_bits - 1 : output_bits)) - 1; }
  int least_output() const { return output_signed ? -(1 << (output_bits - 1)) : 0; }
};

/// The weight at a row of the unrolled matrix of all groups; 0 between groups.
inline int weight_at(const Layer& shape, const IntegerLayer& layer, int row, int channel) {
  return row / shape.rows() == shape.group_of(channel) ? layer.weights(row % shape.rows(), channel)
                                                       : 0;
}

/// Requantisation constants of a layer: one per channel; without weights one, or one per number of
/// pixels that an average divides by.
int constants_of(const Layer& layer);
/// Pixels of the map, and of its padding where these count, under the window at (y, x): what an
/// average divides by.
int pixels_under(const Layer& layer, int y, int x);
/// Which constants the sum of `channel` at (y, x) takes.
int constant_of(const Layer& layer, int channel, int y, int x);

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

/// Widths and signs of a layer's maps under a policy, no weights and no constants.
IntegerLayer widths_of(const Network& network, const Tensors& tensors, const Policy& policy,
                       LayerId layer);
/// The same of all layers. InputError when layers that read one map want different widths.
IndexedVector<LayerId, IntegerLayer> widths_of(const Network& network, const Policy& policy);

/// Sets multiplier, bias and shift of `layer` to the real constants of y = round(acc*multiplier[k]
/// + r*residual + bias[k]): the largest shift whose integers stay in range, the rounding constant
/// folded into the bias.
void set_requantisation(IntegerLayer& layer, const std::vector<double>& multiplier,
                        const std::vector<double>& bias, double residual = 0.0);

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
