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
#include "quant/float/float_maps.h"
#include "quant/float/winograd_product.h"
#include "quant/training/batch.h"

namespace kirchhoff::quant {
namespace {

/// Images that go through the network together, on one thread.
constexpr std::size_t kImagesOfBlock = 25;

/// A model whose filters lie as its layers want them.
class FloatNetwork {
 public:
  explicit FloatNetwork(const Model& model)
      : model_(model), done_after_(model.network.layers.size()) {
    IndexedVector<TensorId, LayerId> last(model.network.layers.size() + 1, LayerId{-1});
    for (const LayerId l : model.network.layers.ids()) {
      const Layer& layer = model.network.layers[l];
      for (const auto* maps : {&layer.inputs, &layer.residual}) {
        for (const TensorId map : *maps) last[map] = l;
      }
      by_pixel_.push_back(winograd(layer) ? filters_by_tap(layer, model.layers[l].weights)
                                          : std::vector<float>());
    }
    for (const TensorId map : last.ids()) {
      if (last[map] >= LayerId{0}) done_after_[last[map]].push_back(map);
    }
  }

  /// The network's result; `visit` sees every other map, by channel.
  FloatMaps forward(FloatMaps image,
                    const std::function<void(TensorId, const FloatMaps&)>& visit) const {
    const base::FlushDenormals mode;
    IndexedVector<TensorId, FloatMaps> maps(model_.network.layers.size() + 1);
    maps[kImage] = std::move(image);
    for (const LayerId l : model_.network.layers.ids()) {
      const TensorId before = preceding(output_of(l));
      if (visit) {
        maps[before].arrange(false);
        visit(before, maps[before]);
      }
      maps[output_of(l)] = compute(l, maps);
      for (const TensorId map : done_after_[l]) maps[map] = {};
    }
    maps.back().arrange(false);
    return std::move(maps.back());
  }

 private:
  static bool winograd(const Layer& layer) {
    return layer.kind == LayerKind::kConvolution && layer.groups == 1 && layer.stride.square() &&
           layer.dilation == Extent(1) && layer.padding.even() &&
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

  FloatMaps compute(LayerId l, const IndexedVector<TensorId, FloatMaps>& maps) const {
    const Layer& layer = model_.network.layers[l];
    const auto operand = [&maps](const std::vector<TensorId>& read) {
      std::vector<const FloatMaps*> parts;
      for (const TensorId map : read) parts.push_back(&maps[map]);
      return joined(parts);
    };
    // The only one that may want its map by pixel and need not copy it.
    const bool alone = layer.inputs.size() == 1;
    FloatMaps result = !layer.has_weights() ? reduced(layer, operand(layer.inputs))
                       : alone              ? convolve(l, layer, maps[layer.inputs.front()])
                                            : convolve(l, layer, operand(layer.inputs));
    if (!layer.residual.empty()) add(operand(layer.residual), result);
    // A maximum of a growing function's values is that of the maximum, and there are fewer of
    // those.
    const bool pool_first = layer.function.monotone();
    if (layer.pool > 1 && pool_first) result = pooled(result, layer.pool);
    apply(layer.function, result);
    if (layer.pool > 1 && !pool_first) result = pooled(result, layer.pool);
    return result;
  }

  FloatMaps convolve(LayerId l, const Layer& layer, FloatMaps maps) const {
    const FloatLayer& parameters = model_.layers[l];
    FloatMaps result{layer.convolved(), maps.images, !by_pixel_[l].empty(), {}};
    result.values.resize(maps.images * result.size());
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
    const bool whole = layer.kernel_height == layer.input.height &&
                       layer.kernel_width == layer.input.width && layer.padding == Padding(0);
    if (whole && layer.groups == 1) {
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
                                        layer.out_channels, layer.sweep(), layer.groups});
    std::vector<float> scratch(convolution.scratch());
    for (std::size_t i = 0; i < maps.images; ++i) {
      convolution.convolve(maps.values.data() + i * maps.size(), parameters.weights.data(),
                           parameters.bias.data(), scratch.data(),
                           result.values.data() + i * result.size());
    }
    return result;
  }

  const Model& model_;
  IndexedVector<LayerId, std::vector<float>>
      by_pixel_;  ///< filters for Winograd; empty for other layers
  IndexedVector<LayerId, std::vector<TensorId>> done_after_;  ///< maps that nobody reads later
};

FloatMaps images_of(const Dataset& data, std::size_t begin, std::size_t end) {
  std::vector<std::size_t> indices(end - begin);
  std::iota(indices.begin(), indices.end(), begin);
  FloatMaps maps{data.shape, indices.size(), false, {}};
  maps.values.resize(maps.images * maps.size());
  fill_batch(data, indices, 0, indices.size(), maps.values.data());
  return maps;
}

std::size_t blocks_of(std::size_t images) { return (images + kImagesOfBlock - 1) / kImagesOfBlock; }

}  // namespace

std::vector<float> float_outputs(const Model& model, const Dataset& data, int threads) {
  check_shape(model.network, data);
  const FloatNetwork network(model);
  const auto count = static_cast<std::size_t>(model.network.layers.back().output().size());
  std::vector<float> all(data.size() * count);
  for_each_block(thread_count(threads), blocks_of(data.size()),
                 [&](std::size_t, std::size_t block) {
                   const std::size_t begin = block * kImagesOfBlock;
                   const std::size_t end = std::min(begin + kImagesOfBlock, data.size());
                   const FloatMaps outputs = network.forward(images_of(data, begin, end), nullptr);
                   std::copy(outputs.values.begin(), outputs.values.end(),
                             all.begin() + static_cast<std::ptrdiff_t>(begin * count));
                 });
  return all;
}

std::vector<int> float_predictions(const Model& model, const Dataset& data, int threads) {
  const std::vector<float> outputs = float_outputs(model, data, threads);
  const std::size_t count = outputs.size() / std::max<std::size_t>(data.size(), 1);
  std::vector<int> classes;
  for (std::size_t i = 0; i < data.size(); ++i) {
    const float* const first = outputs.data() + i * count;
    classes.push_back(static_cast<int>(std::max_element(first, first + count) - first));
  }
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
    const std::function<void(TensorId map, const float* values, std::size_t count)>& visit,
    int threads) {
  check_shape(model.network, data);
  const FloatNetwork network(model);
  const std::size_t blocks = blocks_of(data.size()), at_once = thread_count(threads);
  for (std::size_t first = 0; first < blocks; first += at_once) {
    const std::size_t count = std::min(at_once, blocks - first);
    std::vector<IndexedVector<TensorId, std::vector<float>>> seen(count);  // of every block
    for_each_block(at_once, count, [&](std::size_t, std::size_t block) {
      const std::size_t begin = (first + block) * kImagesOfBlock;
      network.forward(images_of(data, begin, std::min(begin + kImagesOfBlock, data.size())),
                      [&](TensorId, const FloatMaps& maps) { seen[block].push_back(maps.values); });
    });
    for (const auto& maps : seen) {
      for (const TensorId map : maps.ids()) visit(map, maps[map].data(), maps[map].size());
    }
  }
}

}  // namespace kirchhoff::quant
