#include "quant/float/float_network.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>

#include "base/float_mode.h"
#include "base/matrix_product.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/float/float_convolution.h"
#include "quant/float/winograd_product.h"
#include "quant/training/batch.h"

namespace kirchhoff::quant {
namespace {

/// Images that go through the network together, on one thread.
constexpr std::size_t kImagesOfBlock = 25;

std::size_t size(std::int64_t count) { return static_cast<std::size_t>(count); }

/// Maps of equal shape, one per image. Values lie by channel (image, channel, row, column) or, for
/// Winograd's filtering, by pixel (image, row, column, channel).
struct Maps {
  Shape shape;
  std::size_t images = 0;
  bool by_pixel = false;
  std::vector<float> values;

  std::size_t pixels() const {
    return static_cast<std::size_t>(shape.height) * static_cast<std::size_t>(shape.width);
  }
  std::size_t channels() const { return static_cast<std::size_t>(shape.channels); }

  /// Floats from one channel to the next, and from one pixel to the next.
  std::size_t channel_step() const { return by_pixel ? 1 : pixels(); }
  std::size_t pixel_step() const { return by_pixel ? channels() : 1; }

  void arrange(bool wanted) {
    if (by_pixel == wanted) return;
    std::vector<float> arranged(values.size());
    Maps result{shape, images, wanted, {}};
    const std::size_t whole = pixels() * channels();
    for (std::size_t i = 0; i < images; ++i) {
      const float* const from = values.data() + i * whole;
      float* const to = arranged.data() + i * whole;
      for (std::size_t c = 0; c < channels(); ++c) {
        for (std::size_t p = 0; p < pixels(); ++p) {
          to[c * result.channel_step() + p * result.pixel_step()] =
              from[c * channel_step() + p * pixel_step()];
        }
      }
    }
    by_pixel = wanted;
    values = std::move(arranged);
  }
};

/// A model whose filters lie as its layers want them.
class FloatNetwork {
 public:
  explicit FloatNetwork(const Model& model) : model_(model) {
    for (const LayerId l : model.network.layers.ids()) {
      const Layer& layer = model.network.layers[l];
      by_pixel_.push_back(winograd(layer) ? filters_by_tap(layer, model.layers[l].weights)
                                          : std::vector<float>());
    }
  }

  /// The last layer's outputs; `visit` sees the maps that enter each layer, by channel.
  Maps forward(Maps maps, const std::function<void(LayerId, const Maps&)>& visit) const {
    const base::FlushDenormals mode;
    for (const LayerId l : model_.network.layers.ids()) {
      const Layer& layer = model_.network.layers[l];
      if (visit) {
        maps.arrange(false);
        visit(l, maps);
      }
      maps = convolve(l, layer, std::move(maps));
      if (layer.pool > 1) maps = pool(maps, layer.pool);
      if (layer.function.is_none()) continue;
      for (float& value : maps.values) value = std::max(value, 0.0f);
    }
    maps.arrange(false);
    return maps;
  }

 private:
  static bool winograd(const Layer& layer) {
    return layer.kind == LayerKind::kConvolution &&
           winograd_suits(winograd_shape(layer, 1), layer.kernel_height, layer.kernel_width,
                          layer.stride.height);
  }

  static WinogradShape winograd_shape(const Layer& layer, std::size_t images) {
    return {static_cast<std::int64_t>(images),
            {layer.input.height, layer.input.width, layer.input.channels},
            layer.out_channels,
            layer.padding.top};
  }

  /// Outputs x channels x 3 x 3 to 3 x 3 x channels x outputs.
  static std::vector<float> filters_by_tap(const Layer& layer, const std::vector<float>& weights) {
    const auto channels = static_cast<std::size_t>(layer.input.channels);
    const auto outputs = static_cast<std::size_t>(layer.out_channels);
    std::vector<float> taps(weights.size());
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t c = 0; c < channels; ++c) {
        for (std::size_t t = 0; t < 9; ++t) {
          taps[(t * channels + c) * outputs + o] = weights[(o * channels + c) * 9 + t];
        }
      }
    }
    return taps;
  }

  Maps convolve(LayerId l, const Layer& layer, Maps maps) const {
    const FloatLayer& parameters = model_.layers[l];
    Maps result{layer.convolved(), maps.images, !by_pixel_[l].empty(), {}};
    result.values.resize(maps.images * size(result.shape.size()));
    maps.arrange(result.by_pixel);
    if (result.by_pixel) {
      winograd_product(winograd_shape(layer, maps.images), maps.values.data(), by_pixel_[l].data(),
                       result.values.data(),
                       [](std::int64_t count, const auto& work) { work(0, count); });
      add_bias(parameters.bias, result);
      return result;
    }
    const auto outputs = static_cast<std::size_t>(layer.out_channels);
    const std::size_t inner = parameters.weights.size() / outputs;
    if (result.shape.size() == layer.out_channels && inner == size(maps.shape.size())) {
      // One window over the whole map, a fully connected layer's among them: images are rows.
      for (std::size_t i = 0; i < maps.images; ++i) {
        std::copy(parameters.bias.begin(), parameters.bias.end(),
                  result.values.begin() + static_cast<std::ptrdiff_t>(i * outputs));
      }
      const auto step = static_cast<std::ptrdiff_t>(inner);
      base::matrix_product(maps.images, inner, outputs, {maps.values.data(), step, 1},
                           base::MatrixView{parameters.weights.data(), step, 1}.transposed(),
                           result.values.data(), outputs, true);
      return result;
    }
    const FloatConvolution convolution({layer.input.channels, layer.input.height, layer.input.width,
                                        layer.out_channels, layer.kernel_height, layer.kernel_width,
                                        layer.stride.height, layer.padding.top});
    std::vector<float> rows(size(convolution.weights() * convolution.windows()));
    for (std::size_t i = 0; i < maps.images; ++i) {
      convolution.convolve(maps.values.data() + i * size(convolution.pixels()),
                           parameters.weights.data(), parameters.bias.data(), rows.data(),
                           result.values.data() + i * size(result.shape.size()));
    }
    return result;
  }

  static void add_bias(const std::vector<float>& bias, Maps& maps) {
    float* value = maps.values.data();
    for (std::size_t pixel = 0; pixel < maps.images * maps.pixels(); ++pixel) {
      for (const float b : bias) *value++ += b;
    }
  }

  /// The largest of every window; rows and columns outside a full window do not count.
  static Maps pool(const Maps& maps, int side) {
    Maps result = maps;
    result.shape.height /= side;
    result.shape.width /= side;
    result.values.resize(maps.images * size(result.shape.size()));
    const auto window = static_cast<std::size_t>(side);
    const auto width = static_cast<std::size_t>(maps.shape.width);
    const auto columns = static_cast<std::size_t>(result.shape.width);
    for (std::size_t i = 0; i < maps.images; ++i) {
      const float* const from = maps.values.data() + i * size(maps.shape.size());
      float* const to = result.values.data() + i * size(result.shape.size());
      for (std::size_t p = 0; p < result.pixels(); ++p) {
        const std::size_t corner = p / columns * window * width + p % columns * window;
        for (std::size_t c = 0; c < maps.channels(); ++c) {
          const float* const first = from + c * maps.channel_step() + corner * maps.pixel_step();
          float most = *first;
          for (std::size_t y = 0; y < window; ++y) {
            for (std::size_t x = 0; x < window; ++x) {
              most = std::max(most, first[(y * width + x) * maps.pixel_step()]);
            }
          }
          to[c * result.channel_step() + p * result.pixel_step()] = most;
        }
      }
    }
    return result;
  }

  const Model& model_;
  IndexedVector<LayerId, std::vector<float>>
      by_pixel_;  ///< filters for Winograd; empty for other layers
};

Maps images_of(const Dataset& data, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> indices(end - begin);
  std::iota(indices.begin(), indices.end(), begin);
  Maps maps{data.shape, indices.size(), false, {}};
  maps.values.resize(maps.images * size(data.shape.size()));
  fill_batch(data, indices, 0, indices.size(), maps.values.data());
  return maps;
}

std::size_t blocks_of(std::size_t images) { return (images + kImagesOfBlock - 1) / kImagesOfBlock; }

}  // namespace

std::vector<int> float_predictions(const Model& model, const Dataset& data, int threads) {
  check_shape(model.network, data);
  const FloatNetwork network(model);
  std::vector<int> classes(data.size());
  for_each_block(thread_count(threads), blocks_of(data.size()),
                 [&](std::size_t, std::size_t block) {
                   const std::size_t begin = block * kImagesOfBlock;
                   const std::size_t end = std::min(begin + kImagesOfBlock, data.size());
                   const Maps outputs = network.forward(images_of(data, begin, end), nullptr);
                   const std::size_t count = size(outputs.shape.size());
                   for (std::size_t i = begin; i < end; ++i) {
                     const float* const first = outputs.values.data() + (i - begin) * count;
                     classes[i] = static_cast<int>(std::max_element(first, first + count) - first);
                   }
                 });
  return classes;
}

double accuracy_pct(const std::vector<int>& predictions, const Dataset& data) {
  std::size_t correct = 0;
  for (std::size_t i = 0; i < predictions.size(); ++i) correct += predictions[i] == data.labels[i];
  return 100.0 * static_cast<double>(correct) /
         static_cast<double>(std::max<std::size_t>(1, data.size()));
}

double float_accuracy_pct(const Model& model, const Dataset& data, int threads) {
  return accuracy_pct(float_predictions(model, data, threads), data);
}

void visit_activations(
    const Model& model, const Dataset& data,
    const std::function<void(LayerId layer, const float* values, std::size_t count)>& visit,
    int threads) {
  check_shape(model.network, data);
  const FloatNetwork network(model);
  const std::size_t blocks = blocks_of(data.size()), at_once = thread_count(threads);
  for (std::size_t first = 0; first < blocks; first += at_once) {
    const std::size_t count = std::min(at_once, blocks - first);
    std::vector<IndexedVector<LayerId, std::vector<float>>> seen(count);  // of every block
    for_each_block(at_once, count, [&](std::size_t, std::size_t block) {
      const std::size_t begin = (first + block) * kImagesOfBlock;
      network.forward(images_of(data, begin, std::min(begin + kImagesOfBlock, data.size())),
                      [&](LayerId, const Maps& maps) { seen[block].push_back(maps.values); });
    });
    for (const auto& layers : seen) {
      for (const LayerId l : layers.ids()) visit(l, layers[l].data(), layers[l].size());
    }
  }
}

}  // namespace kirchhoff::quant
