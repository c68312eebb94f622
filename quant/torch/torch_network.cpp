#include "quant/torch/torch_network.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <stdexcept>

#include <fmt/format.h>
#include <torch/torch.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "quant/network/resized.h"
#include "quant/network/tensors.h"
#include "quant/torch/portable_layers.h"
#include "quant/torch/torch_device.h"
#include "quant/torch/torch_stages.h"
#include "quant/torch/winograd_convolution.h"

namespace kirchhoff::quant {
namespace {

constexpr double kEpsilon = 1e-5;     // beside the variance, as everywhere in the field
constexpr double kSmallest = 1.0e-3;  // scale

std::vector<float> to_vector(const torch::Tensor& tensor) {
  const auto values = tensor.detach().to(torch::kCPU, torch::kFloat32).contiguous();
  const float* first = values.data_ptr<float>();
  return {first, first + values.numel()};
}

/// A weight layer and its parameters, which are views of the flat tensors.
struct Stage {
  Layer layer;
  bool normalised = false;           // batch norm instead of a bias
  torch::Tensor weight;              // outputs x inputs (x kernel)
  torch::Tensor bias, scale, shift;  // undefined where there is none

  bool convolution() const { return layer.kind == LayerKind::kConvolution; }
  std::vector<torch::Tensor> parameters() const {
    if (!layer.has_weights()) return {};
    if (normalised) return {weight, scale, shift};
    return {weight, bias};
  }
  std::vector<std::vector<std::int64_t>> shapes() const {
    const std::int64_t outputs = layer.out_channels;
    std::vector<std::vector<std::int64_t>> shapes;
    if (!layer.has_weights()) return shapes;
    if (convolution()) {
      shapes.push_back(
          {outputs, layer.input.channels / layer.groups, layer.kernel_height, layer.kernel_width});
    } else {
      shapes.push_back({outputs, layer.rows()});
    }
    shapes.resize(normalised ? 3 : 2, {outputs});
    return shapes;
  }
};

/// The image's pixels as the chip takes them: the most significant bits, rounded and saturated.
torch::Tensor quantise_pixels(const torch::Tensor& images, int bits) {
  const double step = 1 << std::max(0, 8 - bits);
  if (step == 1.0) return images;
  const auto levels = torch::floor(torch::round(images * 255.0) / step + 0.5);
  return torch::clamp_max(levels, (1 << bits) - 1) * (step / 255.0);
}

std::int64_t product(const std::vector<std::int64_t>& sides) {
  std::int64_t count = 1;
  for (const std::int64_t side : sides) count *= side;
  return count;
}

}  // namespace

struct TorchNetwork::Impl {
  Impl(const Network& description, const TorchNetworkOptions& wanted)
      : network(description),
        tensors(description),
        options(wanted),
        device(torch_device(wanted.device)) {
    for (const LayerId l : network.layers.ids()) {
      for (const auto* maps : {&network.layers[l].inputs, &network.layers[l].residual}) {
        for (const TensorId map : *maps) last_reader[map] = l;
      }
    }
    std::int64_t count = 0;
    for (const Layer& layer : network.layers) {
      Stage stage;
      stage.layer = layer;
      stage.normalised = options.batch_norm && stage.convolution();
      for (const auto& shape : stage.shapes()) count += product(shape);
      stages.push_back(std::move(stage));
    }
    const auto& quantization = options.quantization;
    const auto clips = std::int64_t{2} * network.layers.size();
    const bool learned = quantization && quantization->learned;
    if (learned) count += clips;
    const auto kind = torch::TensorOptions().dtype(torch::kFloat32).device(device);
    parameters = torch::zeros({count}, kind);
    gradients = torch::zeros({count}, kind);
    std::int64_t begin = 0;
    for (Stage& stage : stages) {
      const auto shapes = stage.shapes();
      if (shapes.empty()) continue;
      std::vector<torch::Tensor*> parts{&stage.weight};
      if (stage.normalised) {
        parts.insert(parts.end(), {&stage.scale, &stage.shift});
      } else {
        parts.push_back(&stage.bias);
      }
      for (std::size_t p = 0; p < parts.size(); ++p) {
        const std::int64_t size = product(shapes[p]);
        // A leaf of its own that shares the flat tensor's memory.
        *parts[p] = parameters.narrow(0, begin, size).view(shapes[p]).detach();
        parts[p]->set_requires_grad(true);
        parts[p]->mutable_grad() = gradients.narrow(0, begin, size).view(shapes[p]);
        begin += size;
      }
    }
    if (!quantization) return;
    std::vector<float> first = quantization->weight_clips.items();
    first.insert(first.end(), quantization->activation_clips.begin(),
                 quantization->activation_clips.end());
    initial_clips = torch::tensor(first).to(device);
    for (const auto& numbers : quantization->entries) {
      entries.emplace_back();
      if (!numbers.empty()) entries.back() = torch::tensor(numbers);
    }
    if (learned) {
      clip_exponents = parameters.narrow(0, begin, clips).detach();
      clip_exponents.set_requires_grad(true);
      clip_exponents.mutable_grad() = gradients.narrow(0, begin, clips);
    }
  }

  /// Of all weights, then of all activations.
  torch::Tensor clips() const {
    return clip_exponents.defined() ? initial_clips * portable_exponential(clip_exponents)
                                    : initial_clips;
  }

  /// What the layer's convolution or product makes of a map, without rounding either.
  torch::Tensor sums(const Stage& stage, torch::Tensor map, const torch::Tensor& weight,
                     const torch::Tensor& bias) const {
    const Layer& layer = stage.layer;
    if (!stage.convolution()) {
      const auto rows = map.flatten(1).to(torch::kFloat32);
      map = options.portable ? portable_linear(rows, weight, bias)
                             : torch::linear(rows, weight, bias);
      return map.unsqueeze(-1).unsqueeze(-1);
    }
    const Sweep sweep = layer.sweep();
    if (options.bf16) {
      return torch_convolution(map.to(torch::kBFloat16), weight.to(torch::kBFloat16),
                               bias.defined() ? bias.to(torch::kBFloat16) : bias, sweep);
    }
    if (!options.portable) return torch_convolution(map, weight, bias, sweep);
    if (by_tiles(layer, map, weight)) {
      map = winograd_convolution(map, weight, layer.padding.top);
      return bias.defined() ? portable_bias(map, bias) : map;
    }
    return portable_convolution(map, weight, bias, sweep);
  }

  static bool by_tiles(const Layer& layer, const torch::Tensor& map, const torch::Tensor& weight) {
    return layer.groups == 1 && layer.stride.square() && layer.dilation == Extent(1) &&
           layer.padding.even() &&
           winograd_suits(map, weight, layer.stride.height, layer.padding.top);
  }

  using Measure =
      std::function<void(LayerId, const torch::Tensor& mean, const torch::Tensor& variance)>;

  torch::Tensor forward(torch::Tensor map, const LayerHooks& hooks, const Measure& measure) const {
    // Pixels beside each other in memory: what convolutions, pooling and batch norm are fastest
    // with wherever there are many channels.
    if (options.batch_norm) map = map.contiguous(at::MemoryFormat::ChannelsLast);
    const auto all_clips = options.quantization ? clips() : torch::Tensor();
    const IndexedVector<LayerId, Layer>& layers = layers_for(map);
    IndexedVector<TensorId, torch::Tensor> maps(layers.size() + 1);  // as they are read
    const auto as_read = [&](TensorId id, const torch::Tensor& values) {
      const auto taken = options.quantization ? quantised(id, values, all_clips) : values;
      return hooks.made ? hooks.made(id, taken) : taken;
    };
    maps[kImage] = as_read(kImage, map);
    for (const LayerId l : stages.ids()) {
      give_up_if_stopped();
      const Layer& layer = layers[l];
      map = joined(maps, layer.inputs);
      if (hooks.entered) hooks.entered(l, map);
      map = computed(l, layer, map, joined(maps, layer.residual), all_clips, hooks, measure);
      if (network.is_output(l)) break;
      maps[output_of(l)] = as_read(output_of(l), map);
      for (const auto* read : {&layer.inputs, &layer.residual}) {
        for (const TensorId m : *read) {
          if (last_reader[m] == l) maps[m].reset();
        }
      }
    }
    return map.flatten(1).to(torch::kFloat32);
  }

  /// The layers for images of that size.
  const IndexedVector<LayerId, Layer>& layers_for(const torch::Tensor& images) const {
    const auto fits = [&](const Network& n) {
      return n.image.height == images.size(2) && n.image.width == images.size(3);
    };
    if (fits(network)) return network.layers;
    if (!other_size || !fits(*other_size)) {
      other_size =
          resized(network, static_cast<int>(images.size(2)), static_cast<int>(images.size(3)));
    }
    return other_size->layers;
  }

  /// A stage's map of what enters and its second operand, which may be undefined.
  torch::Tensor computed(LayerId l, const Layer& layer, torch::Tensor map,
                         const torch::Tensor& operand, const torch::Tensor& all_clips,
                         const LayerHooks& hooks, const Measure& measure) const {
    const Stage& stage = stages[l];
    if (layer.has_weights()) {
      map = sums(stage, map, quantised_weight(l, all_clips),
                 stage.normalised ? torch::Tensor() : stage.bias);
    } else {
      map = reduce_windows(layer, map);
    }
    if (hooks.summed) hooks.summed(l, map);
    // Batch norm, a function that grows and a maximum commute, and pooling first leaves less to
    // do. Not so a sum.
    const bool pool_first = !operand.defined() && layer.function.monotone();
    if (pool_first) map = pooled(layer, map);
    if (measure && stage.normalised) {
      const auto moments = channel_moments(map);
      measure(l, moments.first, moments.second);
    }
    if (stage.normalised) map = normalise(stage, map);
    if (operand.defined()) map = map + operand;
    map = apply_function(layer.function, map);
    return pool_first ? map : pooled(layer, map);
  }

  static torch::Tensor pooled(const Layer& layer, const torch::Tensor& map) {
    return layer.pool == 1 ? map : torch::max_pool2d(map, layer.pool);
  }

  /// The values of a codebook's entries in the places of its weights; others as they are.
  torch::Tensor trained_weight(LayerId l) const {
    const torch::Tensor& weight = stages[l].weight;
    return has_entries(l) ? portable_entry_means(weight, entries[l]) : weight;
  }
  bool has_entries(LayerId l) const { return entries.has(l) && entries[l].defined(); }

  /// A layer's weights at the policy's bits.
  torch::Tensor quantised_weight(LayerId l, const torch::Tensor& all_clips) const {
    const torch::Tensor weight = trained_weight(l);
    if (!options.quantization || has_entries(l)) return weight;
    const int bits = options.quantization->policy.layers[l].weight;
    const int top = (1 << (bits - 1)) - 1;
    const auto rounded = portable_fake_quantise(weight, all_clips[index(l)], -1.0, top);
    return noise_draw ? rounded + noise_of(l, rounded, all_clips[index(l)] / top) : rounded;
  }

  /// What the draw adds to weights that are multiples of `unit`: a constant for gradients.
  torch::Tensor noise_of(LayerId l, const torch::Tensor& rounded, const torch::Tensor& unit) const {
    const torch::NoGradGuard constant;
    const auto numbers =
        torch::round(rounded / unit).to(torch::kInt32).to(torch::kCPU).contiguous();
    const Layer& layer = network.layers[l];
    const Eigen::Map<const Eigen::MatrixXi> integers(numbers.data_ptr<std::int32_t>(), layer.rows(),
                                                     layer.out_channels);
    const std::vector<float> acting = options.quantization->noise->weights(
        l, integers, options.quantization->policy.layers[l].weight, *noise_draw);
    const auto missed = torch::tensor(acting).view(rounded.sizes()) - numbers.to(torch::kFloat32);
    return missed.to(device) * unit;
  }

  /// A map as those who read it take it, at the policy's bits.
  torch::Tensor quantised(TensorId m, const torch::Tensor& map,
                          const torch::Tensor& all_clips) const {
    const int bits = tensors.bits(m, options.quantization->policy);
    if (m == kImage) return quantise_pixels(map, bits);
    // Maps that share a scale share the clip of the first of them.
    const auto clip = all_clips[stages.size() + index(tensors.scale_group(m))];
    return tensors.is_signed(m) ? portable_fake_quantise(map, clip, -1.0, (1 << (bits - 1)) - 1)
                                : portable_fake_quantise(map, clip, 0.0, (1 << bits) - 1);
  }

  static torch::Tensor joined(const IndexedVector<TensorId, torch::Tensor>& maps,
                              const std::vector<TensorId>& read) {
    if (read.empty()) return {};
    if (read.size() == 1) return maps[read.front()];
    std::vector<torch::Tensor> parts;
    for (const TensorId map : read) parts.push_back(maps[map]);
    return torch::cat(parts, 1);
  }

  static torch::Tensor normalise(const Stage& stage, const torch::Tensor& map) {
    return portable_batch_norm(map, stage.scale, stage.shift, kEpsilon);
  }

  const Network network;
  mutable std::optional<Network> other_size;  // the last one asked for
  const Tensors tensors;
  IndexedVector<TensorId, LayerId> last_reader =
      IndexedVector<TensorId, LayerId>(network.layers.size() + 1, LayerId{-1});
  TorchNetworkOptions options;
  torch::Device device;
  IndexedVector<LayerId, Stage> stages;
  torch::Tensor parameters;
  torch::Tensor gradients;
  IndexedVector<LayerId, torch::Tensor> entries;  // undefined for layers without a codebook
  std::optional<std::uint64_t> noise_draw;
  torch::Tensor initial_clips, clip_exponents;  // undefined without fake quantisation, or learning
};

TorchNetwork::TorchNetwork(const Network& network, const TorchNetworkOptions& options)
    : impl_(std::make_unique<Impl>(network, options)) {}
TorchNetwork::~TorchNetwork() = default;

void TorchNetwork::draw_noise(std::optional<std::uint64_t> draw) {
  const auto& quantization = impl_->options.quantization;
  impl_->noise_draw = quantization && quantization->noise ? draw : std::nullopt;
}

at::Tensor TorchNetwork::forward(const at::Tensor& images, const LayerHooks& hooks) const {
  return impl_->forward(images, hooks, nullptr);
}

at::Tensor TorchNetwork::sums(LayerId layer, const at::Tensor& map,
                              const std::vector<float>& weights,
                              const std::vector<float>& bias) const {
  const Stage& stage = impl_->stages.at(layer);
  const auto shapes = stage.shapes();
  const auto tensor = [&](const std::vector<float>& values, const auto& shape) {
    return torch::tensor(values).view(shape).to(impl_->device);
  };
  return impl_->sums(stage, map, tensor(weights, shapes[0]), tensor(bias, shapes[1]));
}

at::Tensor TorchNetwork::parameters() const { return impl_->parameters; }
at::Tensor TorchNetwork::gradients() const { return impl_->gradients; }

at::Tensor TorchNetwork::weight_mask() const {
  std::vector<torch::Tensor> parts;
  for (const Stage& stage : impl_->stages) {
    for (const auto& part : stage.parameters()) {
      parts.push_back(torch::full({part.numel()}, part.dim() > 1 ? 1.0f : 0.0f));
    }
  }
  const auto& exponents = impl_->clip_exponents;
  if (exponents.defined()) parts.push_back(torch::zeros({exponents.numel()}));
  return torch::cat(parts).to(impl_->device);
}

TunedClips TorchNetwork::clips() const {
  const std::vector<float> values = to_vector(impl_->clips());
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  TunedClips clips{impl_->options.quantization->policy.to_string(),
                   {values.begin(), middle},
                   {middle, values.end()}};
  for (const TensorId map : clips.activation.ids())
    clips.activation[map] = middle[index(impl_->tensors.scale_group(map))];
  clips.weights = impl_->options.quantization->weights;
  const torch::NoGradGuard no_grad;
  for (const LayerId l : clips.weight.ids()) {
    if (!impl_->has_entries(l)) continue;
    const float most = impl_->trained_weight(l).abs().max().item<float>();
    clips.weight[l] = most > 0.0f ? most : 1.0f;
  }
  return clips;
}

void TorchNetwork::clamp_scales() {
  const torch::NoGradGuard no_grad;
  for (Stage& stage : impl_->stages) {
    if (stage.normalised) stage.scale.clamp_min_(kSmallest);
  }
}

IndexedVector<LayerId, ChannelStatistics> TorchNetwork::statistics(
    const std::function<void(const std::function<void(const at::Tensor&)>&)>& batches) const {
  const torch::NoGradGuard no_grad;
  IndexedVector<LayerId, torch::Tensor> means(impl_->stages.size()),
      variances(impl_->stages.size());
  int count = 0;
  batches([&](const torch::Tensor& images) {
    ++count;
    impl_->forward(images, {},
                   [&](LayerId l, const torch::Tensor& mean, const torch::Tensor& variance) {
                     means[l] = means[l].defined() ? means[l] + mean : mean;
                     variances[l] = variances[l].defined() ? variances[l] + variance : variance;
                   });
  });
  IndexedVector<LayerId, ChannelStatistics> result(means.size());
  for (const LayerId l : means.ids()) {
    if (means[l].defined()) {
      result[l] = {to_vector(means[l] / count), to_vector(variances[l] / count)};
    }
  }
  return result;
}

std::vector<float> TorchNetwork::flatten(const IndexedVector<LayerId, FloatLayer>& layers) const {
  std::vector<float> flat;
  for (const FloatLayer& layer : layers) {
    flat.insert(flat.end(), layer.weights.begin(), layer.weights.end());
    flat.insert(flat.end(), layer.bias.begin(), layer.bias.end());
  }
  return flat;
}

IndexedVector<LayerId, FloatLayer> TorchNetwork::layers(
    const IndexedVector<LayerId, ChannelStatistics>& statistics) const {
  const torch::NoGradGuard no_grad;
  IndexedVector<LayerId, FloatLayer> layers;
  for (const LayerId l : impl_->stages.ids()) {
    const Stage& stage = impl_->stages[l];
    FloatLayer layer;
    if (stage.layer.has_weights()) layer.weights = to_vector(impl_->trained_weight(l));
    if (stage.normalised) {
      const ChannelStatistics& measured = statistics.at(l);
      const auto scale = to_vector(stage.scale);
      layer.bias = to_vector(stage.shift);
      const auto rows = static_cast<std::size_t>(stage.layer.rows());
      for (std::size_t c = 0; c < scale.size(); ++c) {
        const double factor = scale[c] / std::sqrt(measured.variance[c] + kEpsilon);
        layer.bias[c] = static_cast<float>(layer.bias[c] - measured.mean[c] * factor);
        for (std::size_t r = 0; r < rows; ++r) {
          auto& weight = layer.weights[c * rows + r];
          weight = static_cast<float>(weight * factor);
        }
      }
    } else if (stage.layer.has_weights()) {
      layer.bias = to_vector(stage.bias);
    }
    layers.push_back(std::move(layer));
  }
  return layers;
}

void TorchNetwork::assign(const std::vector<float>& flat) {
  if (static_cast<std::int64_t>(flat.size()) != impl_->parameters.numel()) {
    throw std::logic_error("TorchNetwork::assign: parameters of another network");
  }
  const torch::NoGradGuard no_grad;
  impl_->parameters.copy_(torch::tensor(flat));
}

}  // namespace kirchhoff::quant
