#include "quant/accuracy/wide_inference.h"

#include <algorithm>
#include <vector>

#include "base/kernels.h"
#include "base/stop_request.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/network/golden.h"

namespace kirchhoff::quant {
namespace {

/// Images side by side, and output channels that one pass over a window accumulates.
constexpr int kWideLanes = 8;
constexpr int kWideBlock = 6;

struct Kernels {
  /// Sums (channel, lane) of one window, whose `taps` inputs lie at `offsets` from `input`.
  void (*add_window)(const double* input, const std::ptrdiff_t* offsets, std::size_t taps,
                     const double* weights, double* sums);
};

#define KIRCHHOFF_KERNELS "quant/accuracy/wide_kernels.inc"
#include "base/each_processor.inc"

/// Weights in the order (block of channels, row, channel of the block), filled up with zeros.
std::vector<double> pack_wide(const Eigen::MatrixXi& weights) {
  std::vector<double> packed;
  for (Eigen::Index first = 0; first < weights.cols(); first += kWideBlock) {
    for (Eigen::Index r = 0; r < weights.rows(); ++r) {
      for (Eigen::Index c = first; c < first + kWideBlock; ++c)
        packed.push_back(c < weights.cols() ? weights(r, c) : 0.0);
    }
  }
  return packed;
}

/// A map in the order (channel, row, column, lane) with the consumer's zero padding around it.
struct WideMap {
  WideMap(const Shape& shape_value, int padding_value)
      : shape(shape_value),
        padding(padding_value),
        width(shape.width + 2 * padding),
        values(static_cast<std::size_t>(shape.channels) * (shape.height + 2 * padding) * width *
                   kWideLanes,
               0.0) {}
  std::ptrdiff_t at(int channel, int y, int x) const {
    return ((static_cast<std::ptrdiff_t>(channel) * (shape.height + 2 * padding) + y + padding) *
                width +
            x + padding) *
           kWideLanes;
  }
  const Shape shape;
  const int padding, width;
  std::vector<double> values;
};

/// Fills `output` (channel, row, column, lane) with the layer's results: accumulators of the last
/// layer, activations of the others.
void compute_wide_layer(const Layer& layer, const IntegerLayer& integers,
                        const std::vector<double>& weights, const WideMap& input,
                        std::vector<std::int64_t>& output) {
  const auto add_window = kernels().add_window;
  std::vector<std::ptrdiff_t> offsets;
  for (int c = 0; c < layer.input.channels; ++c) {
    for (int ky = 0; ky < layer.kernel_height; ++ky) {
      for (int kx = 0; kx < layer.kernel_width; ++kx)
        offsets.push_back(input.at(c, ky, kx) - input.at(0, 0, 0));
    }
  }
  const Shape out = layer.output();
  output.assign(static_cast<std::size_t>(out.size()) * kWideLanes, 0);
  for (int first = 0; first < layer.out_channels; first += kWideBlock) {
    give_up_if_stopped();
    const int channels = std::min(kWideBlock, layer.out_channels - first);
    const double* block = weights.data() + static_cast<std::ptrdiff_t>(first) * layer.rows();
    for (int wy = 0; wy < out.height * layer.pool; ++wy) {
      for (int wx = 0; wx < out.width * layer.pool; ++wx) {
        double sums[kWideBlock * kWideLanes];
        add_window(input.values.data() + input.at(0, wy * layer.stride.height - layer.padding.top,
                                                  wx * layer.stride.width - layer.padding.left),
                   offsets.data(), offsets.size(), block, sums);
        for (int c = 0; c < channels; ++c) {
          const auto channel = static_cast<std::size_t>(first + c);
          std::int64_t* target =
              output.data() +
              ((static_cast<std::ptrdiff_t>(first + c) * out.height + wy / layer.pool) * out.width +
               wx / layer.pool) *
                  kWideLanes;
          for (int lane = 0; lane < kWideLanes; ++lane) {
            const auto sum = static_cast<std::int64_t>(sums[c * kWideLanes + lane]);
            if (integers.output_bits == 0) {
              target[lane] = sum;
            } else {
              target[lane] = std::max<std::int64_t>(
                  target[lane], requantise(layer, integers, sum, static_cast<int>(channel), 0));
            }
          }
        }
      }
    }
  }
}

}  // namespace

WideInference::WideInference(const Network& network, const Dataset& data, int threads)
    : network_(network), data_(data), threads_(thread_count(threads)) {}

ClippedConversions WideInference::run(const PolicyIntegers& integers, std::size_t first_image,
                                      std::size_t images, const LogitsConsumer& consume) {
  check_images(data_, first_image + images);
  IndexedVector<LayerId, std::vector<double>> weights;
  for (const Eigen::MatrixXi* layer : integers.weights) weights.push_back(pack_wide(*layer));
  const auto work = [&](std::size_t, std::size_t block) {
    const std::size_t first = block * kWideLanes;
    const std::size_t count = std::min<std::size_t>(kWideLanes, images - first);
    std::vector<std::vector<std::int32_t>> pixels;
    IndexedVector<LayerId, std::vector<std::int64_t>> maps(network_.layers.size());
    for (const LayerId l : network_.layers.ids()) {
      const Layer& layer = network_.layers[l];
      const TensorId source = layer.inputs.front();
      WideMap input(layer.input, layer.padding.top);
      if (source == kImage) {
        pixels.clear();
        for (std::size_t i = 0; i < count; ++i)
          pixels.push_back(quantise_image(data_.image(first_image + first + i),
                                          integers.layers[l].activation_bits));
      }
      std::size_t at = 0;
      for (int c = 0; c < layer.input.channels; ++c) {
        for (int y = 0; y < layer.input.height; ++y) {
          for (int x = 0; x < layer.input.width; ++x, ++at) {
            double* target = input.values.data() + input.at(c, y, x);
            if (source == kImage) {
              for (std::size_t i = 0; i < count; ++i) target[i] = pixels[i][at];
            } else {
              const std::int64_t* map = maps[producer_of(source)].data() + at * kWideLanes;
              for (int lane = 0; lane < kWideLanes; ++lane)
                target[lane] = static_cast<double>(map[lane]);
            }
          }
        }
      }
      compute_wide_layer(layer, integers.layers[l], weights[l], input, maps[l]);
    }
    const std::size_t size = maps.back().size() / kWideLanes;
    const std::size_t positions = size / integers.output_bias.size();
    std::vector<std::int64_t> logits(count * size);
    for (std::size_t i = 0; i < count; ++i) {
      for (std::size_t k = 0; k < size; ++k)
        logits[i * size + k] =
            maps.back()[k * kWideLanes + i] + integers.output_bias[k / positions];
    }
    consume(first_image + first, static_cast<int>(count), logits.data());
  };
  for_each_block(threads_, (images + kWideLanes - 1) / kWideLanes, work);
  return ClippedConversions(network_.layers.size(), 0);
}

}  // namespace kirchhoff::quant
