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
      tensors_(model_.network),
      weights_(model_.network.layers.size()),
      codebooks_(model_.network.layers.size()),
      biases_(model_.network.layers.size()) {
  const int layers = model_.network.layers.size();
  if (model_.layers.size() != layers || clips_.weight.size() != layers ||
      clips_.activation.size() != layers ||
      (!clips_.channel.empty() && clips_.channel.size() != layers)) {
    throw InputError(fmt::format("{}: {} layers, but weights of {} and clips of {} and {}",
                                 model_.network.name, layers, model_.layers.size(),
                                 clips_.weight.size(), clips_.activation.size()));
  }
  for (const LayerId l : model_.network.layers.ids()) check_layer(l);
}

void Quantizer::check_layer(LayerId l) const {
  const Network& network = model_.network;
  const Layer& layer = network.layers[l];
  const FloatLayer& values = model_.layers[l];
  const auto channels =
      layer.has_weights() ? static_cast<std::size_t>(layer.out_channels) : std::size_t{0};
  const std::size_t own_clips = network.is_output(l) ? 0 : channels;
  if (values.weights.size() != static_cast<std::size_t>(layer.weights()) ||
      values.bias.size() != channels) {
    throw InputError(fmt::format("{}: layer {}: {} weights and {} biases: must be {} and {}",
                                 network.name, layer.name, values.weights.size(),
                                 values.bias.size(), layer.weights(), channels));
  }
  if (!clips_.input_mean.empty() &&
      (clips_.input_mean.size() != network.layers.size() ||
       clips_.input_mean[l].size() != static_cast<std::size_t>(layer.input.channels))) {
    throw InputError(fmt::format("{}: layer {}: means of its input: must be {}", network.name,
                                 layer.name, layer.input.channels));
  }
  for (int bits = kMinBits; bits <= kMaxBits; ++bits) {
    const auto at = static_cast<std::size_t>(bits);
    if (!clips_.channel.empty()) {
      const std::vector<float>& each = clips_.channel[l][at];
      const bool fits = each.empty() || each.size() == own_clips;
      if (!fits || std::any_of(each.begin(), each.end(),
                               [](float c) { return !std::isfinite(c) || c <= 0.0f; })) {
        throw InputError(
            fmt::format("{}: layer {}: {} clips of channels at {} bits: must be {}, positive",
                        network.name, layer.name, each.size(), bits, own_clips));
      }
    }
    // The map before the layer's own; together all maps but the result.
    const TensorId map = preceding(output_of(l));
    for (const float clip : {clips_.weight[l][at], clips_.activation[map][at]}) {
      if (!std::isfinite(clip) || clip <= 0.0f) {
        throw InputError(fmt::format("{}: layer {}: clip at {} bits = {}: must be positive",
                                     network.name, layer.name, bits, clip));
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
  for (const LayerId l : network.weight_layers()) {
    for (const int bits : {policy.layers[l].weight, policy.layers[l].activation}) {
      if (bits < kMinBits || bits > kMaxBits) {
        throw InputError(fmt::format("policy: layer {}: {} bits: must be in [{}, {}]",
                                     network.layers[l].name, bits, kMinBits, kMaxBits));
      }
    }
  }
  check_widths(network, policy, "policy");
}

int Quantizer::largest_weight(int bits) const {
  return (1 << (stored_bits(clips_.weights, bits) - 1)) - 1;
}

double Quantizer::weight_scale(LayerId layer, int bits, std::size_t channel) const {
  const auto at = static_cast<std::size_t>(bits);
  const bool own = !clips_.channel.empty() && !clips_.channel[layer][at].empty();
  return static_cast<double>(own ? clips_.channel[layer][at][channel] : clips_.weight[layer][at]) /
         largest_weight(bits);
}

double Quantizer::map_scale(TensorId map, int bits) const {
  // The image's integers are the most significant bits of pixels whose full scale is 255, all of
  // them from 8 bits up.
  if (map == kImage) return (1 << std::max(0, 8 - bits)) / 255.0;
  const int largest = (1 << (tensors_.is_signed(map) ? bits - 1 : bits)) - 1;
  return static_cast<double>(clips_.activation[map][static_cast<std::size_t>(bits)]) / largest;
}

double Quantizer::sum_scale(LayerId layer, const Policy& policy, int k) const {
  const Layer& shape = model_.network.layers[layer];
  const TensorId from = shape.inputs.front();
  const double input = map_scale(from, tensors_.bits(from, policy));
  if (shape.has_weights())
    return weight_scale(layer, policy.layers[layer].weight, static_cast<std::size_t>(k)) * input;
  if (!shape.average) return input;
  return input / (constants_of(shape) == 1 ? shape.rows() : k + 1);
}

const Codebook& Quantizer::codebook(LayerId layer, int bits) {
  std::optional<Codebook>& result = codebooks_.at(layer).at(static_cast<std::size_t>(bits));
  if (result) return *result;
  CodebookSearch search(largest_weight(bits));
  const Layer& shape = model_.network.layers[layer];
  const double first_scale = weight_scale(layer, bits, 0);
  auto value = model_.layers[layer].weights.begin();
  for (int c = 0; c < shape.out_channels; ++c) {
    // Errors count as real values, whatever steps a channel has.
    const double scale = weight_scale(layer, bits, static_cast<std::size_t>(c));
    const double weight = scale / first_scale * (scale / first_scale);
    for (int r = 0; r < shape.rows(); ++r)
      search.add(static_cast<double>(*value++) / scale, weight);
  }
  return result.emplace(search.best(1 << bits));
}

const Eigen::MatrixXi& Quantizer::weights(LayerId layer, int bits) {
  Eigen::MatrixXi& result = weights_.at(layer).at(static_cast<std::size_t>(bits));
  if (result.size() != 0) return result;
  const Layer& shape = model_.network.layers[layer];
  if (!shape.has_weights()) return result;
  const std::vector<float>& values = model_.layers[layer].weights;
  const Codebook* const entries =
      has_codebook(clips_.weights, bits) ? &codebook(layer, bits) : nullptr;
  const double max = largest_weight(bits);
  result.resize(shape.rows(), shape.out_channels);
  std::size_t at = 0;
  for (int c = 0; c < shape.out_channels; ++c) {
    const double scale = weight_scale(layer, bits, static_cast<std::size_t>(c));
    for (int r = 0; r < shape.rows(); ++r) {
      const double value = static_cast<double>(values[at++]) / scale;
      // Clamped first: a steep weight over a small clip may exceed every integer type.
      result(r, c) = entries != nullptr
                         ? entries->nearest(value)
                         : static_cast<int>(std::lround(std::clamp(value, -max, max)));
    }
  }
  return result;
}

std::vector<std::int64_t> Quantizer::entry_numbers(LayerId layer, int bits) {
  const std::vector<int>& entries = codebook(layer, bits).entries();
  const Eigen::MatrixXi& integers = weights(layer, bits);
  std::vector<std::int64_t> numbers;
  for (Eigen::Index i = 0; i < integers.size(); ++i) {
    const auto at = std::lower_bound(entries.begin(), entries.end(), integers.data()[i]);
    numbers.push_back(at - entries.begin());
  }
  return numbers;
}

const std::vector<double>& Quantizer::bias(LayerId layer, int bits) {
  std::vector<double>& result = biases_.at(layer).at(static_cast<std::size_t>(bits));
  if (!result.empty()) return result;
  const FloatLayer& values = model_.layers[layer];
  result.assign(values.bias.begin(), values.bias.end());
  if (clips_.input_mean.empty()) return result;
  // A window's inputs have their channel's mean, but for zeros beyond the edges of the map.
  const Layer& shape = model_.network.layers[layer];
  if (!shape.has_weights()) return result;
  const Eigen::MatrixXi& integers = weights(layer, bits);
  const int kernel = shape.kernel_height * shape.kernel_width;
  const int channels = shape.input.channels / shape.groups;  // that a window looks at
  std::size_t at = 0;
  for (int c = 0; c < shape.out_channels; ++c) {
    const double scale = weight_scale(layer, bits, static_cast<std::size_t>(c));
    for (int r = 0; r < shape.rows(); ++r) {
      const double error = integers(r, c) * scale - static_cast<double>(values.weights[at++]);
      result[static_cast<std::size_t>(c)] -=
          error * static_cast<double>(clips_.input_mean[layer][static_cast<std::size_t>(
                      shape.group_of(c) * channels + r / kernel)]);
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

bool Quantizer::clamps(LayerId layer, int output_bits) const {
  const Function& function = model_.network.layers[layer].function;
  if (!function.clamps()) return false;
  if (function.kind != Function::Kind::kClip) return true;
  // Its map is calibrated on what it gives, but may share the scale of another.
  const auto at = static_cast<std::size_t>(output_bits);
  return static_cast<double>(clips_.activation[output_of(layer)][at]) <= function.high;
}

std::vector<std::int32_t> Quantizer::table(LayerId layer, const IntegerLayer& widths,
                                           double step) const {
  const Function& function = model_.network.layers[layer].function;
  const double scale = map_scale(output_of(layer), widths.output_bits);
  std::vector<std::int32_t> entries;
  const int limit = 1 << widths.output_bits;
  for (int address = -limit; address < limit; ++address) {
    const double value =
        std::clamp(function(address * step) / scale, static_cast<double>(widths.least_output()),
                   static_cast<double>(widths.largest_output()));
    entries.push_back(static_cast<std::int32_t>(std::lround(value)));
  }
  return entries;
}

IntegerLayer Quantizer::constants(LayerId layer, const Policy& policy) {
  const Layer& shape = model_.network.layers[layer];
  IntegerLayer result = widths_of(model_.network, tensors_, policy, layer);
  if (has_codebook(clips_.weights, result.weight_bits)) {
    result.codebook_bits = result.weight_bits;
    result.weight_bits = kEntryBits;
  }
  if (result.output_bits == 0) return result;

  // What the shifted value counts in: steps of the map, or of the table's addresses.
  double step = map_scale(output_of(layer), result.output_bits);
  if (!clamps(layer, result.output_bits)) {
    // A clip's bounds are rounded to steps of the map, so that nothing is rounded twice.
    if (shape.function.kind != Function::Kind::kClip) {
      const double clip = static_cast<double>(
          clips_.activation[output_of(layer)][static_cast<std::size_t>(result.output_bits)]);
      step =
          shape.function.reach(shape.function.largest_argument(clip)) / (1 << result.output_bits);
    }
    result.table = table(layer, result, step);
  }
  std::vector<double> multiplier, scaled_bias;
  const std::vector<double>& biases = bias(layer, result.policy_bits());
  for (int k = 0; k < constants_of(shape); ++k) {
    multiplier.push_back(sum_scale(layer, policy, k) / step);
    scaled_bias.push_back(biases.empty() ? 0.0 : biases[static_cast<std::size_t>(k)] / step);
  }
  double residual = 0.0;
  if (!shape.residual.empty()) {
    const TensorId other = shape.residual.front();
    residual = map_scale(other, tensors_.bits(other, policy)) / step;
  }
  set_requantisation(result, multiplier, scaled_bias, residual);
  return result;
}

std::vector<std::int64_t> Quantizer::output_bias(const Policy& policy) {
  const LayerId last = model_.layers.last_id();
  const Layer& shape = model_.network.layers[last];
  if (!shape.has_weights())
    return std::vector<std::int64_t>(static_cast<std::size_t>(shape.out_channels), 0);
  const double scale = logit_scale(policy);
  constexpr double kLimit = 1 << 30;  // leaves room for the accumulators in 32-bit logits
  std::vector<std::int64_t> result;
  for (const double value : bias(last, policy.layers[last].weight)) {
    const double bias = value / scale;
    if (!(std::fabs(bias) < kLimit)) {
      throw InputError(
          fmt::format("{}: layer {}: bias {} is {} accumulator steps: must be below 2^30",
                      model_.network.name, shape.name, value, bias));
    }
    result.push_back(std::llround(bias));
  }
  return result;
}

double Quantizer::logit_scale(const Policy& policy) const {
  // The last layer has one clip for all its channels, so channel 0 speaks for them.
  return sum_scale(policy.layers.last_id(), policy, 0);
}

IntegerNetwork Quantizer::quantise(const Policy& policy) {
  check(policy);
  IntegerNetwork result;
  result.network = model_.network;
  result.policy = stored(policy);
  for (const LayerId l : policy.layers.ids()) {
    result.layers.push_back(constants(l, policy));
    result.layers.back().weights = weights(l, policy.layers[l].weight);
  }
  result.output_bias = output_bias(policy);
  return result;
}

}  // namespace kirchhoff::quant
