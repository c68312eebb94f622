#pragma once

#include <cstdint>
#include <vector>

#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// The part of the analogue datapath that can change integers (docs/arithmetic.md).
struct AdcModel {
  int bits = 8;              ///< code width: two's complement, or unsigned with `offset`
  int lsb = 1;               ///< difference of column sums per code step
  int block_rows = 128;      ///< word lines of a crossbar: a column never spans more rows
  int cell_bits = 1;         ///< bits of a weight per cell: 1, 2 or 4
  bool offset = false;       ///< one array per slice of weight + 2^(w-1), columns flipped
  bool unit_column = false;  ///< offset: the sum of the inputs passes through the converter, too

  /// clamp(floor(value/lsb + 1/2), low, high) * lsb with [low, high] the range of the codes.
  int convert(int value) const;
  /// True when the code of `value` saturates.
  bool clips(int value) const;
  /// Largest level of a cell.
  int top_level() const { return (1 << cell_bits) - 1; }
  /// Offset: a column is stored flipped from this sum of its levels on. It is the most significant
  /// bit of the largest sum that a whole array could give.
  int flip_threshold() const;
  /// True when no column of a block with `rows` used rows is changed.
  bool lossless(int rows) const;
  /// True when no input can make a column of this layer's blocks change: the ADC is exact up to
  /// what all cells of the column conduct together.
  bool lossless(const IntegerLayer& layer) const;
};

/// Everything that one layer computed for one image. Maps are (channel, row, column) in row-major
/// order.
struct LayerTrace {
  Shape input_shape, convolved_shape, output_shape;
  std::vector<std::int32_t> inputs;        ///< a-bit activations that entered
  std::vector<std::int64_t> accumulators;  ///< of every window of the convolved map
  std::vector<std::int64_t> outputs;       ///< pooled, requantised; accumulators for the last layer
  std::uint64_t clipped_conversions = 0;   ///< conversions that saturated in the windows that reach
                                           ///< the output, with an AdcModel only; unit columns
                                           ///< left out
};

struct GoldenResult {
  IndexedVector<LayerId, LayerTrace> layers;
  std::vector<std::int64_t> logits;  ///< last accumulators plus output_bias
  int prediction = 0;                ///< index of the largest logit, lowest index on a tie
};

/// The reference inference: plain loops, obviously right, slow.
/// With `adc`, every column of every block, weight bit and activation bit passes through the
/// converter.
GoldenResult golden_inference(const IntegerNetwork& network, const std::vector<std::uint8_t>& image,
                              const AdcModel* adc = nullptr);

/// y of architecture.md section 4 for one accumulator.
std::int32_t requantise(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                        int shift, int output_bits);

/// Index of the largest value, lowest index on a tie.
int argmax(const std::vector<std::int64_t>& values);

}  // namespace kirchhoff::quant
