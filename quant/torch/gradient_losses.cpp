#include "quant/torch/gradient_losses.h"

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>
#include <numeric>

#include <torch/torch.h>

#include "base/portable_math.h"
#include "quant/accuracy/image_blocks.h"
#include "quant/network/tensors.h"
#include "quant/torch/portable_layers.h"
#include "quant/torch/portable_tensors.h"
#include "quant/torch/torch_network.h"
#include "quant/training/batch.h"

namespace kirchhoff::quant {
namespace {

constexpr int kReferenceBits = kMaxSearchBits;
/// Values of gradients that are held at a time: 256 MB. They decide how many images a batch has and
/// nothing of what comes out.
constexpr std::size_t kValuesHeld = std::size_t{1} << 26;
constexpr std::size_t kLargestBatch = 100;

/// Errors of a layer's weights and biases at every width, as the quantiser's integers make them.
std::array<FloatLayer, kMaxSearchBits + 1> weight_errors(Quantizer& quantizer, LayerId layer) {
  std::array<FloatLayer, kMaxSearchBits + 1> errors;
  const FloatLayer reference = quantizer.real_layer(layer, kReferenceBits);
  for (int bits = kMinBits; bits < kReferenceBits; ++bits) {
    FloatLayer& error = errors[static_cast<std::size_t>(bits)];
    error = quantizer.real_layer(layer, bits);
    const auto subtract = [](std::vector<float>& from, const std::vector<float>& values) {
      std::transform(from.begin(), from.end(), values.begin(), from.begin(), std::minus<>());
    };
    subtract(error.weights, reference.weights);
    subtract(error.bias, reference.bias);
  }
  return errors;
}

/// Of values that lie a multiple of kChains apart first, then of these sums: chains of additions
/// that need not wait for each other.
double product_sum(const float* one, const float* other, std::int64_t count) {
  constexpr std::int64_t kChains = 8;
  double sums[kChains] = {};
  const auto add = [&](std::int64_t i, std::int64_t chain) {
    sums[chain] += static_cast<double>(one[i]) * static_cast<double>(other[i]);
  };
  std::int64_t i = 0;
  for (; i + kChains <= count; i += kChains) {
    for (std::int64_t chain = 0; chain < kChains; ++chain) add(i + chain, chain);
  }
  for (std::int64_t chain = 0; i + chain < count; ++chain) add(i + chain, chain);
  return std::accumulate(std::begin(sums), std::end(sums), 0.0);
}

/// Adds by how much the errors move one logit of every image; both are images x values.
void find_movement(const torch::Tensor& gradient, const torch::Tensor& error, std::size_t logit,
                   std::size_t logits, std::vector<double>& moved) {
  const auto slopes = gradient.contiguous(), errors = error.contiguous();
  const std::int64_t images = slopes.size(0),
                     values = slopes.numel() / std::max<std::int64_t>(images, 1);
  in_parallel(images, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t image = begin; image < end; ++image) {
      moved[static_cast<std::size_t>(image) * logits + logit] +=
          product_sum(slopes.data_ptr<float>() + image * values,
                      errors.data_ptr<float>() + image * values, values);
    }
  });
}

/// What an image loses whose logits `z` move.
double loss_of_image(const float* z, const double* moved, std::size_t logits, GradientLoss loss) {
  const double top = static_cast<double>(*std::max_element(z, z + logits));
  const double most = *std::max_element(moved, moved + logits);
  double sum = 0.0, mean = 0.0, square = 0.0, exponential = 0.0;  // weighted by exp(z - top)
  for (std::size_t c = 0; c < logits; ++c) {
    const double weight = base::portable_exp(static_cast<double>(z[c]) - top);
    sum += weight;
    mean += weight * moved[c];
    square += weight * moved[c] * moved[c];
    exponential += weight * base::portable_exp(moved[c] - most);
  }
  mean /= sum;
  const double nats = loss == GradientLoss::kFisher
                          ? 0.5 * (square / sum - mean * mean)
                          : most + base::portable_log(exponential / sum) - mean;
  return std::max(0.0, nats);  // rounding
}

/// What is quantised when a layer's activations have fewer bits: the maps of its width group.
/// A maximum over such a map has its levels already.
std::vector<TensorId> maps_of(const Network& network, const Tensors& tensors, LayerId layer) {
  const TensorGroup group = tensors.width_group(network.layers[layer].inputs.front());
  std::vector<TensorId> maps;
  for (const LayerId l : network.layers.ids()) {
    const TensorId made = output_of(l), read = network.layers[l].inputs.front();
    if (network.is_output(l) || tensors.width_group(made) != group) continue;
    const bool repeats = network.layers[l].kind == LayerKind::kMaximum &&
                         tensors.width_group(read) == group &&
                         tensors.scale_group(read) == tensors.scale_group(made);
    if (!repeats) maps.push_back(made);
  }
  return maps;
}

/// The W8A8 network and what a batch of images makes of it.
class Batch {
 public:
  Batch(const TorchNetwork& network, Quantizer& quantizer, const Tensors& tensors,
        const torch::Tensor& images)
      : quantizer_(quantizer),
        tensors_(tensors),
        inputs_(quantizer.model().layers.size()),
        sums_(inputs_),
        before_(inputs_.size() + 1),
        maps_(before_) {
    LayerHooks hooks;
    hooks.made = [&](TensorId id, const torch::Tensor& map) {
      if (id == kImage) return map;
      before_[id] = map.detach();
      maps_[id] = quantised(id, map, kReferenceBits);
      return maps_[id];
    };
    hooks.entered = [&](LayerId l, const torch::Tensor& map) { inputs_[l] = map.detach(); };
    hooks.summed = [&](LayerId l, const torch::Tensor& map) { sums_[l] = map; };
    logits_ = network.forward(images, hooks).contiguous();
  }

  torch::Tensor error(TensorId id, int bits) const {
    return quantised(id, before_[id], bits) - maps_[id].detach();
  }
  const torch::Tensor& map(TensorId id) const { return maps_[id]; }
  const torch::Tensor& input(LayerId l) const { return inputs_[l]; }
  const torch::Tensor& sum(LayerId l) const { return sums_[l]; }
  const torch::Tensor& logits() const { return logits_; }

 private:
  /// Real values of a map at so many bits.
  torch::Tensor quantised(TensorId id, const torch::Tensor& map, int bits) const {
    const bool is_signed = tensors_.is_signed(id);
    const double top = (1 << (is_signed ? bits - 1 : bits)) - 1;
    const auto clip = torch::tensor(static_cast<float>(quantizer_.map_scale(id, bits) * top));
    return portable_fake_quantise(map, clip, is_signed ? -1.0 : 0.0, top);
  }

  Quantizer& quantizer_;
  const Tensors& tensors_;
  IndexedVector<LayerId, torch::Tensor> inputs_, sums_;
  IndexedVector<TensorId, torch::Tensor> before_, maps_;
  torch::Tensor logits_;
};

}  // namespace

NetworkLosses gradient_losses(Quantizer& quantizer, const std::vector<LayerId>& layers,
                              const Dataset& data, std::size_t images, GradientLoss loss,
                              const GradientProgress& progress) {
  const Network& network = quantizer.model().network;
  check_shape(network, data);
  const auto classes = static_cast<std::size_t>(network.layers.back().output().size());

  TorchNetwork reference(network);
  IndexedVector<LayerId, FloatLayer> real;
  for (const LayerId l : network.layers.ids())
    real.push_back(quantizer.real_layer(l, kReferenceBits));
  reference.assign(reference.flatten(real));
  const Tensors tensors(network);
  std::vector<std::array<FloatLayer, kMaxSearchBits + 1>> errors;
  std::vector<std::vector<TensorId>> maps;
  std::size_t values = 1;
  for (const LayerId l : layers) {
    errors.push_back(weight_errors(quantizer, l));
    values += static_cast<std::size_t>(network.layers[l].convolved().size());
    maps.push_back(maps_of(network, tensors, l));
    for (const TensorId map : maps.back())
      values += static_cast<std::size_t>(network.shape_of(map).size());
  }
  const std::size_t batch_size =
      std::clamp<std::size_t>(kValuesHeld / (classes * values), 1, kLargestBatch);

  NetworkLosses losses(network.layers.size());
  std::vector<std::size_t> indices(images);
  std::iota(indices.begin(), indices.end(), std::size_t{0});
  for (std::size_t begin = 0; begin < images; begin += batch_size) {
    const std::size_t end = std::min(begin + batch_size, images);
    const auto count = static_cast<std::int64_t>(end - begin);
    const Shape& shape = network.image;
    auto pixels = torch::empty({count, shape.channels, shape.height, shape.width});
    fill_batch(data, indices, begin, end, pixels.data_ptr<float>());
    const Batch batch(reference, quantizer, tensors, pixels);

    std::vector<torch::Tensor> places;  // of every layer its sums, then its maps
    for (std::size_t i = 0; i < layers.size(); ++i) {
      places.push_back(batch.sum(layers[i]));
      for (const TensorId map : maps[i]) places.push_back(batch.map(map));
    }
    std::vector<std::vector<torch::Tensor>> gradients;  // by class, then as `places`
    for (std::size_t c = 0; c < classes; ++c) {
      auto direction = torch::zeros_like(batch.logits());
      direction.select(1, static_cast<std::int64_t>(c)).fill_(1.0f);
      gradients.push_back(torch::autograd::grad({batch.logits()}, places, {direction}, true));
    }

    const torch::NoGradGuard no_grad;
    /// Errors at the places from the given one on, all at once.
    const auto add_losses = [&](const std::vector<torch::Tensor>& at, std::size_t place,
                                double& total) {
      std::vector<double> moved(static_cast<std::size_t>(count) * classes);
      for (const torch::Tensor& error : at) {
        for (std::size_t c = 0; c < classes; ++c)
          find_movement(gradients[c][place], error, c, classes, moved);
        ++place;
      }
      for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        total += loss_of_image(batch.logits().data_ptr<float>() + i * classes,
                               moved.data() + i * classes, classes, loss);
      }
    };
    std::size_t place = 0;
    for (std::size_t i = 0; i < layers.size(); ++i) {
      const LayerId l = layers[i];
      for (int bits = kMinBits; bits < kReferenceBits; ++bits) {
        const auto at = static_cast<std::size_t>(bits);
        std::vector<torch::Tensor> map_errors;
        for (const TensorId map : maps[i]) map_errors.push_back(batch.error(map, bits));
        add_losses(map_errors, place + 1, losses[l].activation[at]);
        add_losses({reference.sums(l, batch.input(l), errors[i][at].weights, errors[i][at].bias)},
                   place, losses[l].weight[at]);
      }
      place += 1 + maps[i].size();
    }
    if (progress) progress(end);
  }
  for (LayerLosses& layer : losses) {
    for (auto* const slot : {&layer.weight, &layer.activation}) {
      for (double& total : *slot) total /= static_cast<double>(images);
    }
  }
  return losses;
}

}  // namespace kirchhoff::quant
