#include "quant/quantizer/quantizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"

namespace kirchhoff::quant {

Quantizer::Quantizer(Model model, ClipTable clips)
    : model_(std::move(model)),
      clips_(std::move(clips)),
      weights_(model_.network.layers.size()),
      biases_(model_.network.layers.size()) {
  const int layers = model_.network.layers.size();
  if (model_.layers.size() != layers || clips_.weight.size() != layers ||
      clips_.activation.size() != layers) {
    throw InputError(fmt::format("{}: {} layers, but weights of {} and clips of {} and {}",
                                 model_.network.name, layers, model_.layers.size(),
                                 clips_.weight.size(), clips_.activation.size()));
  }
  for (const LayerId l : model_.network.layers.ids()) {
    const Layer& layer = model_.network.layers[l];
    const FloatLayer& values = model_.layers[l];
    const auto channels = static_cast<std::size_t>(layer.out_channels);
    const std::size_t own_clips = l != model_.layers.last_id() ? channels : 0;
    if (values.weights.size() != channels * static_cast<std::size_t>(layer.rows()) ||
        values.bias.size() != channels) {
      throw InputError(fmt::format("{}: layer {}: {} weights and {} biases: must be {} and {}",
                                   model_.network.name, layer.name, values.weights.size(),
                                   values.bias.size(),
                                   channels * static_cast<std::size_t>(layer.rows()), channels));
    }
    if (!clips_.input_mean.empty() &&
        (clips_.input_mean.size() != layers ||
         clips_.input_mean[l].size() != static_cast<std::size_t>(layer.input.channels))) {
      throw InputError(fmt::format("{}: layer {}: means of its input: must be {}",
                                   model_.network.name, layer.name, layer.input.channels));
    }
    for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
      if (!clips_.channel.empty()) {
        const std::vector<float> none;
        const std::vector<float>& each = clips_.channel.size() == layers
                                             ? clips_.channel[l][static_cast<std::size_t>(bits)]
                                             : none;
        if (each.size() != own_clips || std::any_of(each.begin(), each.end(), [](float c) {
              return !std::isfinite(c) || c <= 0.0f;
            })) {
          throw InputError(
              fmt::format("{}: layer {}: {} clips of channels at {} bits: must be {}, "
                          "positive",
                          model_.network.name, layer.name, each.size(), bits, own_clips));
        }
      }
      for (const float clip : {clips_.weight[l][static_cast<std::size_t>(bits)],
                               clips_.activation[l][static_cast<std::size_t>(bits)]}) {
        if (!std::isfinite(clip) || clip <= 0.0f) {
          throw InputError(fmt::format("{}: layer {}: clip at {} bits = {}: must be positive",
                                       model_.network.name, layer.name, bits, clip));
        }
      }
    }
  }
}

void Quantizer::check(const Policy& policy) const {
  const Network& network = model_.network;
  if (policy.layers.size() != network.layers.size()) {
    throw InputError(fmt::format("policy of {} layers: {} has {}", policy.layers.size(),
                                 network.name, network.layers.size()));
  }
  for (const LayerId l : policy.layers.ids()) {
    for (const int bits : {policy.layers[l].weight, policy.layers[l].activation}) {
      if (bits < kMinBits || bits > kMaxBits) {
        throw InputError(fmt::format("policy: layer {}: {} bits: must be in [{}, {}]",
                                     network.layers[l].name, bits, kMinBits, kMaxBits));
      }
    }
  }
}

double Quantizer::weight_scale(LayerId layer, int bits, std::size_t channel) const {
  const int max = (1 << (bits - 1)) - 1;
  const auto at = static_cast<std::size_t>(bits);
  const bool own = !clips_.channel.empty() && !clips_.channel[layer][at].empty();
  return static_cast<double>(own ? clips_.channel[layer][at][channel] : clips_.weight[layer][at]) /
         max;
}

double Quantizer::activation_scale(LayerId layer, int bits) const {
  // The image's integers are the most significant bits of pixels whose full scale is 255, all of
  // them from 8 bits up.
  if (model_.network.layers[layer].inputs.front() == kImage)
    return (1 << std::max(0, 8 - bits)) / 255.0;
  return static_cast<double>(clips_.activation[layer][static_cast<std::size_t>(bits)]) /
         ((1 << bits) - 1);
}

const Eigen::MatrixXi& Quantizer::weights(LayerId layer, int bits) {
  Eigen::MatrixXi& result = weights_.at(layer).at(static_cast<std::size_t>(bits));
  if (result.size() != 0) return result;
  const Layer& shape = model_.network.layers[layer];
  const std::vector<float>& values = model_.layers[layer].weights;
  const double max = (1 << (bits - 1)) - 1;
  result.resize(shape.rows(), shape.out_channels);
  std::size_t at = 0;
  for (int c = 0; c < shape.out_channels; ++c) {
    const double scale = weight_scale(layer, bits, static_cast<std::size_t>(c));
    for (int r = 0; r < shape.rows(); ++r) {
      // Clamped first: a steep weight over a small clip may exceed every integer type.
      result(r, c) = static_cast<int>(
          std::lround(std::clamp(static_cast<double>(values[at++]) / scale, -max, max)));
    }
  }
  return result;
}

const std::vector<double>& Quantizer::bias(LayerId layer, int bits) {
  std::vector<double>& result = biases_.at(layer).at(static_cast<std::size_t>(bits));
  if (!result.empty()) return result;
  const FloatLayer& values = model_.layers[layer];
  result.assign(values.bias.begin(), values.bias.end());
  if (clips_.input_mean.empty()) return result;
  // A window's inputs have their channel's mean, but for zeros beyond the edges of the map.
  const Layer& shape = model_.network.layers[layer];
  const Eigen::MatrixXi& integers = weights(layer, bits);
  const int kernel = shape.kernel_height * shape.kernel_width;
  std::size_t at = 0;
  for (int c = 0; c < shape.out_channels; ++c) {
    const double scale = weight_scale(layer, bits, static_cast<std::size_t>(c));
    for (int r = 0; r < shape.rows(); ++r) {
      const double error = integers(r, c) * scale - static_cast<double>(values.weights[at++]);
      result[static_cast<std::size_t>(c)] -=
          error *
          static_cast<double>(clips_.input_mean[layer][static_cast<std::size_t>(r / kernel)]);
    }
  }
  return result;
}

FloatLayer Quantizer::real_layer(LayerId layer, int bits) {
  const Eigen::MatrixXi& integers = weights(layer, bits);
  const std::vector<double>& biases = bias(layer, bits);
  FloatLayer real;
  for (Eigen::Index c = 0; c < integers.cols(); ++c) {
    const double scale = weight_scale(layer, bits, static_cast<std::size_t>(c));
    for (Eigen::Index r = 0; r < integers.rows(); ++r) {
      real.weights.push_back(static_cast<float>(integers(r, c) * scale));
    }
  }
  for (const double value : biases) real.bias.push_back(static_cast<float>(value));
  return real;
}

IntegerLayer Quantizer::constants(LayerId layer, const Policy& policy) {
  IntegerLayer result;
  result.weight_bits = policy.layers[layer].weight;
  result.activation_bits = policy.layers[layer].activation;
  const IntegerLayer widths = widths_of(model_.network, policy, layer);
  result.output_bits = widths.output_bits;
  if (result.output_bits == 0) return result;

  const IndexedVector<LayerId, Layer>& layers = model_.network.layers;
  LayerId consumer = following(layer);
  while (layers[consumer].inputs.front() != output_of(layer)) consumer = following(consumer);
  const double input_scale = activation_scale(layer, result.activation_bits);
  const double output_scale = activation_scale(consumer, result.output_bits);
  std::vector<double> multiplier, scaled_bias;
  const std::vector<double>& biases = bias(layer, result.weight_bits);
  for (std::size_t c = 0; c < biases.size(); ++c) {
    multiplier.push_back(weight_scale(layer, result.weight_bits, c) * input_scale / output_scale);
    scaled_bias.push_back(biases[c] / output_scale);
  }
  set_requantisation(result, multiplier, scaled_bias);
  return result;
}

std::vector<std::int64_t> Quantizer::output_bias(const Policy& policy) {
  const LayerId last = model_.layers.last_id();
  const double scale = weight_scale(last, policy.layers[last].weight, 0) *
                       activation_scale(last, policy.layers[last].activation);
  constexpr double kLimit = 1 << 30;  // leaves room for the accumulators in 32-bit logits
  std::vector<std::int64_t> result;
  for (const double value : bias(last, policy.layers[last].weight)) {
    const double bias = value / scale;
    if (!(std::fabs(bias) < kLimit)) {
      throw InputError(
          fmt::format("{}: layer {}: bias {} is {} accumulator steps: must be below 2^30",
                      model_.network.name, model_.network.layers[last].name, value, bias));
    }
    result.push_back(std::llround(bias));
  }
  return result;
}

double Quantizer::logit_scale(const Policy& policy) const {
  const LayerId last = policy.layers.last_id();
  // The last layer has one clip for all its channels, so channel 0 speaks for them.
  return weight_scale(last, policy.layers[last].weight, 0) *
         activation_scale(last, policy.layers[last].activation);
}

IntegerNetwork Quantizer::quantise(const Policy& policy) {
  check(policy);
  IntegerNetwork result;
  result.network = model_.network;
  result.policy = policy;
  for (const LayerId l : policy.layers.ids()) {
    result.layers.push_back(constants(l, policy));
    result.layers.back().weights = weights(l, policy.layers[l].weight);
  }
  result.output_bias = output_bias(policy);
  return result;
}

}  // namespace kirchhoff::quant
