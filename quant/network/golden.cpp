#include "quant/network/golden.h"

#include <algorithm>
#include <numeric>
#include <optional>

#include <fmt/format.h>

#include "base/error.h"
#include "base/kernels.h"
#include "base/stop_request.h"
#include "quant/network/image_name.h"

namespace kirchhoff::quant {
namespace {

/// The inputs under the kernel at one window position, of channels [first, first + count), in row
/// order; `outside` where there is no map.
std::vector<std::int32_t> gather_window(const Layer& layer, const std::vector<std::int32_t>& inputs,
                                        int row, int column, int first, int count,
                                        std::int32_t outside = 0) {
  std::vector<std::int32_t> window;
  window.reserve(static_cast<std::size_t>(count * layer.kernel_height * layer.kernel_width));
  for (int c = first; c < first + count; ++c) {
    for (int ky = 0; ky < layer.kernel_height; ++ky) {
      for (int kx = 0; kx < layer.kernel_width; ++kx) {
        const int y = row * layer.stride.height + ky * layer.dilation.height - layer.padding.top;
        const int x = column * layer.stride.width + kx * layer.dilation.width - layer.padding.left;
        const bool inside = y >= 0 && y < layer.input.height && x >= 0 && x < layer.input.width;
        window.push_back(inside ? inputs[static_cast<std::size_t>(
                                      (c * layer.input.height + y) * layer.input.width + x)]
                                : outside);
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

/// Accumulators of a window without converters: the plain sum of products.
std::vector<std::int64_t> multiply(const Layer& layer, const IntegerLayer& integers,
                                   const std::vector<std::int32_t>& window) {
  if (layer.groups == 1) {
    std::vector<std::int64_t> sums(static_cast<std::size_t>(integers.weights.cols()));
    kernels().multiply(integers.weights.data(), window.data(), window.size(), sums);
    return sums;
  }
  std::vector<std::int64_t> sums;
  for (int c = 0; c < layer.out_channels; ++c) {
    const auto* seen =
        window.data() + static_cast<std::ptrdiff_t>(layer.group_of(c)) * layer.rows();
    std::int64_t sum = 0;
    for (int r = 0; r < layer.rows(); ++r) sum += std::int64_t{integers.weights(r, c)} * seen[r];
    sums.push_back(sum);
  }
  return sums;
}

/// Every channel's sum or maximum over its part of a window.
std::vector<std::int64_t> reduce(const Layer& layer, const std::vector<std::int32_t>& window) {
  std::vector<std::int64_t> values;
  const auto pixels = static_cast<std::ptrdiff_t>(layer.rows());
  for (auto first = window.begin(); first != window.end(); first += pixels) {
    values.push_back(layer.kind == LayerKind::kMaximum
                         ? *std::max_element(first, first + pixels)
                         : std::accumulate(first, first + pixels, std::int64_t{0}));
  }
  return values;
}

void convolve(const IntegerNetwork& network, LayerId id, const AdcModel* adc, std::uint32_t image,
              LayerTrace& trace) {
  const Layer& layer = network.layer(id);
  const IntegerLayer& integers = network.layers[id];
  const Shape map = trace.convolved_shape;
  trace.accumulators.resize(static_cast<std::size_t>(map.size()));
  std::optional<CrossbarColumns> columns;
  if (layer.has_weights() && adc != nullptr && !adc->lossless(layer, integers))
    columns.emplace(layer, integers, *adc, id);
  // Padding is zero for a sum and nothing for a maximum.
  const std::int32_t outside = layer.kind == LayerKind::kMaximum ? INT32_MIN : 0;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      give_up_if_stopped();
      const std::vector<std::int32_t> window =
          gather_window(layer, trace.inputs, y, x, 0, layer.input.channels, outside);
      std::uint64_t clipped = 0;
      const std::vector<std::int64_t> sums = columns ? columns->read(window, clipped, {image, y, x})
                                             : layer.has_weights()
                                                 ? multiply(layer, integers, window)
                                                 : reduce(layer, window);
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
        std::int32_t maximum = INT32_MIN;
        for (int py = y * layer.pool; py < (y + 1) * layer.pool; ++py) {
          for (int px = x * layer.pool; px < (x + 1) * layer.pool; ++px) {
            const auto at = static_cast<std::size_t>((c * map.height + py) * map.width + px);
            const std::int32_t second = trace.residual.empty() ? 0 : trace.residual[at];
            maximum = std::max(maximum, requantise(layer, integers, trace.accumulators[at],
                                                   constant_of(layer, c, py, px), second));
          }
        }
        trace.outputs.push_back(maximum);
      }
    }
  }
}

/// Maps of layers that are done, channel after channel.
std::vector<std::int32_t> join(const GoldenResult& done, const std::vector<TensorId>& maps) {
  std::vector<std::int32_t> values;
  for (const TensorId map : maps) {
    const auto& outputs = done.layers[producer_of(map)].outputs;
    values.insert(values.end(), outputs.begin(), outputs.end());
  }
  return values;
}

}  // namespace

ConversionCodes golden_codes(const IntegerNetwork& network, LayerId layer, const AdcModel& adc,
                             const std::vector<std::int32_t>& inputs, int channel, int y, int x,
                             std::uint32_t image) {
  const Layer& shape = network.layer(layer);
  return CrossbarColumns(shape, network.layers[layer], adc, layer)
      .codes(gather_window(shape, inputs, y, x, 0, shape.input.channels), channel, {image, y, x});
}

std::int32_t requantise(const Layer& layer, const IntegerLayer& integers, std::int64_t accumulator,
                        int k, std::int32_t residual) {
  const auto at = static_cast<std::size_t>(k);
  const std::int64_t scaled = accumulator * integers.multiplier[at] +
                              std::int64_t{residual} * integers.residual_multiplier +
                              integers.bias[at];
  // The look-up table has one entry per signed address of output_bits + 1 bits.
  const std::int64_t limit = std::int64_t{1} << integers.output_bits;
  const std::int64_t address = std::clamp(scaled >> integers.shift, -limit, limit - 1);
  if (!integers.table.empty()) return integers.table[static_cast<std::size_t>(address + limit)];
  const int low = layer.function.non_negative() ? 0 : integers.least_output();
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(address, low, integers.largest_output()));
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
  const std::uint32_t name = image_name(image);
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layer(l);
    const IntegerLayer& integers = network.layers[l];
    LayerTrace& trace = result.layers[l];
    trace.input_shape = layer.input;
    trace.convolved_shape = layer.convolved();
    trace.output_shape = layer.output();
    trace.inputs = layer.inputs.front() == kImage ? quantise_image(image, integers.activation_bits)
                                                  : join(result, layer.inputs);
    trace.residual = join(result, layer.residual);
    convolve(network, l, adc, name, trace);
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
