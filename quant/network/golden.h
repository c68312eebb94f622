#pragma once

#include <cstdint>
#include <vector>

#include "quant/network/adc_model.h"
#include "quant/network/crossbar_columns.h"
#include "quant/network/integer_network.h"

namespace kirchhoff::quant {

/// Everything that one layer computed for one image. Maps are (channel, row, column) in row-major
/// order.
struct LayerTrace {
  Shape input_shape, convolved_shape, output_shape;
  std::vector<std::int32_t> inputs;        ///< a-bit activations that entered
  std::vector<std::int32_t> residual;      ///< the second operand, if there is one
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
/// converter, and cells may be real.
GoldenResult golden_inference(const IntegerNetwork& network, const std::vector<std::uint8_t>& image,
                              const AdcModel* adc = nullptr);

/// The conversions behind the accumulator of `channel` at window (y, x), for the `inputs` that
/// enter the layer (LayerTrace::inputs). `image` is the image's name (image_name()), where
/// conversions have noise.
ConversionCodes golden_codes(const IntegerNetwork& network, LayerId layer, const AdcModel& adc,
                             const std::vector<std::int32_t>& inputs, int channel, int y, int x,
                             std::uint32_t image = 0);

/// y of IntegerLayer for one accumulator with constants `k`, and `residual`, the second operand's
/// value or 0.
std::int32_t requantise(const Layer& layer, const IntegerLayer& integers, std::int64_t accumulator,
                        int k, std::int32_t residual);

/// Index of the largest value, lowest index on a tie.
int argmax(const std::vector<std::int64_t>& values);

}  // namespace kirchhoff::quant
