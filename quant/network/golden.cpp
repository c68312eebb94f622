#include "quant/network/golden.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/kernels.h"
#include "base/stop_request.h"

namespace kirchhoff::quant {
namespace {

/// The inputs under the kernel at one window position, in row order; zero outside the map.
std::vector<std::int32_t> gather_window(const Layer& layer, const std::vector<std::int32_t>& inputs,
                                        int row, int column) {
  std::vector<std::int32_t> window;
  window.reserve(static_cast<std::size_t>(layer.rows()));
  for (int c = 0; c < layer.input.channels; ++c) {
    for (int ky = 0; ky < layer.kernel_height; ++ky) {
      for (int kx = 0; kx < layer.kernel_width; ++kx) {
        const int y = row * layer.stride + ky - layer.padding;
        const int x = column * layer.stride + kx - layer.padding;
        const bool inside = y >= 0 && y < layer.input.height && x >= 0 && x < layer.input.width;
        window.push_back(inside ? inputs[static_cast<std::size_t>(
                                      (c * layer.input.height + y) * layer.input.width + x)]
                                : 0);
      }
    }
  }
  return window;
}

struct Kernels {
  /// sums[c] = the product of column c's weights, which follow each other, with the window. Vectors
  /// make it several times faster; a sum of integers does not depend on its order.
  void (*multiply)(const int* weights, const std::int32_t* window, std::size_t rows,
                   std::vector<std::int64_t>& sums);
};

#define KIRCHHOFF_KERNELS "quant/network/golden_kernels.inc"
#include "base/each_processor.inc"

/// Accumulators of every window without converters: the plain sum of products.
std::vector<std::int64_t> multiply(const IntegerLayer& layer,
                                   const std::vector<std::int32_t>& window) {
  std::vector<std::int64_t> sums(static_cast<std::size_t>(layer.weights.cols()));
  kernels().multiply(layer.weights.data(), window.data(), window.size(), sums);
  return sums;
}

void convolve(const Layer& layer, const IntegerLayer& integers, const AdcModel* adc,
              LayerTrace& trace) {
  const Shape map = trace.convolved_shape;
  trace.accumulators.resize(static_cast<std::size_t>(map.size()));
  std::optional<CrossbarColumns> columns;
  if (adc != nullptr && !adc->lossless(integers)) columns.emplace(integers, *adc);
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      give_up_if_stopped();
      const std::vector<std::int32_t> window = gather_window(layer, trace.inputs, y, x);
      std::uint64_t clipped = 0;
      const std::vector<std::int64_t> sums =
          columns ? columns->read(window, clipped) : multiply(integers, window);
      // Windows that no pooling window covers are computed here for completeness; the chip skips
      // them.
      const bool counts =
          y < trace.output_shape.height * layer.pool && x < trace.output_shape.width * layer.pool;
      if (counts) trace.clipped_conversions += clipped;
      for (int c = 0; c < map.channels; ++c) {
        trace.accumulators[static_cast<std::size_t>((c * map.height + y) * map.width + x)] =
            sums[static_cast<std::size_t>(c)];
      }
    }
  }
}

void requantise_and_pool(const Layer& layer, const IntegerLayer& integers, LayerTrace& trace) {
  const Shape map = trace.convolved_shape;
  const Shape out = trace.output_shape;
  trace.outputs.reserve(static_cast<std::size_t>(out.size()));
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        std::int32_t maximum = 0;
        for (int py = y * layer.pool; py < (y + 1) * layer.pool; ++py) {
          for (int px = x * layer.pool; px < (x + 1) * layer.pool; ++px) {
            const auto at = static_cast<std::size_t>((c * map.height + py) * map.width + px);
            const auto channel = static_cast<std::size_t>(c);
            maximum = std::max(
                maximum, requantise(trace.accumulators[at], integers.multiplier[channel],
                                    integers.bias[channel], integers.shift, integers.output_bits));
          }
        }
        trace.outputs.push_back(maximum);
      }
    }
  }
}

}  // namespace

ConversionCodes golden_codes(const Layer& layer, const IntegerLayer& integers, const AdcModel& adc,
                             const std::vector<std::int32_t>& inputs, int channel, int y, int x) {
  return CrossbarColumns(integers, adc).codes(gather_window(layer, inputs, y, x), channel);
}

std::int32_t requantise(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                        int shift, int output_bits) {
  const std::int64_t shifted = (accumulator * multiplier + bias) >> shift;
  // The look-up table has one entry per signed address of output_bits + 1 bits; its negative half
  // holds zeros.
  const std::int64_t limit = std::int64_t{1} << output_bits;
  const std::int64_t address = std::clamp(shifted, -limit, limit - 1);
  return address < 0 ? 0 : static_cast<std::int32_t>(address);
}

int argmax(const std::vector<std::int64_t>& values) {
  return static_cast<int>(std::max_element(values.begin(), values.end()) - values.begin());
}

GoldenResult golden_inference(const IntegerNetwork& network, const std::vector<std::uint8_t>& image,
                              const AdcModel* adc) {
  network.validate();
  const Shape& expected = network.network.image;
  if (image.size() != static_cast<std::size_t>(expected.size())) {
    throw InputError(fmt::format("image of {} pixels: {} takes {}x{}x{}", image.size(),
                                 network.network.name, expected.channels, expected.height,
                                 expected.width));
  }
  if (adc != nullptr && (adc->bits < 1 || adc->bits > 16 || adc->lsb < 1 || adc->block_rows < 1 ||
                         adc->cell_bits < 1 || adc->cell_bits > 4)) {
    throw InputError(fmt::format(
        "ADC of {} bits, lsb {}, {} rows, cells of {} bits: bits must be in [1, 16], lsb and rows "
        "positive, cell bits in [1, 4]",
        adc->bits, adc->lsb, adc->block_rows, adc->cell_bits));
  }
  GoldenResult result;
  result.layers.resize(network.layers.size());
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layer(l);
    const IntegerLayer& integers = network.layers[l];
    LayerTrace& trace = result.layers[l];
    const TensorId source = layer.inputs.front();
    trace.input_shape = layer.input;
    trace.convolved_shape = layer.convolved();
    trace.output_shape = layer.output();
    if (source == kImage) {
      trace.inputs = quantise_image(image, integers.activation_bits);
    } else {
      const auto& outputs = result.layers[producer_of(source)].outputs;
      trace.inputs.assign(outputs.begin(), outputs.end());
    }
    convolve(layer, integers, adc, trace);
    if (integers.output_bits == 0) {
      trace.outputs = trace.accumulators;
    } else {
      requantise_and_pool(layer, integers, trace);
    }
  }
  const LayerTrace& last = result.layers.back();
  const std::size_t positions = last.outputs.size() / network.output_bias.size();
  for (std::size_t i = 0; i < last.outputs.size(); ++i) {
    result.logits.push_back(last.outputs[i] + network.output_bias[i / positions]);
  }
  result.prediction = argmax(result.logits);
  return result;
}

}  // namespace kirchhoff::quant
