#include "quant/network/integer_network.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"

namespace kirchhoff::quant {
namespace {

int max_shift(const IntegerLayer& layer) { return layer.wide() ? 62 : 47; }
std::int64_t bias_limit(const IntegerLayer& layer) {
  return std::int64_t{1} << (layer.wide() ? 62 : 47);
}
std::int64_t accumulator_limit(const IntegerLayer& layer) {
  return (std::int64_t{1} << (layer.wide() ? 47 : 31)) - 1;
}

/// The standard's distributions may differ between libraries; this mapping may not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  /// Uniform in [low, high].
  int integer(int low, int high) {
    const auto span = static_cast<std::uint64_t>(static_cast<std::int64_t>(high) - low + 1);
    return static_cast<int>(low + static_cast<std::int64_t>(engine_() % span));
  }
  /// Uniform in [low, high), 2^53 steps.
  double real(double low, double high) {
    return low + (high - low) * std::ldexp(static_cast<double>(engine_() >> 11), -53);
  }

 private:
  std::mt19937_64 engine_;
};

void check_range(const std::string& where, const char* what, std::int64_t value, std::int64_t low,
                 std::int64_t high) {
  if (value < low || value > high) {
    throw InputError(
        fmt::format("{}: {} = {}: must be in [{}, {}]", where, what, value, low, high));
  }
}

void check_count(const std::string& where, const char* what, std::size_t found,
                 std::size_t expected) {
  if (found != expected) {
    throw InputError(fmt::format("{}: {} {}: must be {}", where, found, what, expected));
  }
}

}  // namespace

int consumer_bits(const Network& network, const Policy& policy, LayerId producer) {
  int bits = 0;
  for (const LayerId l : IdRange(following(producer), network.layers.end_id())) {
    const std::vector<TensorId>& inputs = network.layers[l].inputs;
    if (std::find(inputs.begin(), inputs.end(), output_of(producer)) == inputs.end()) continue;
    const int wanted = policy.layers[l].activation;
    if (bits != 0 && wanted != bits) {
      throw InputError(
          fmt::format("{}: layer {} feeds layers with {} and {} activation bits: must be equal",
                      network.name, network.layers[producer].name, bits, wanted));
    }
    bits = wanted;
  }
  return bits;
}

void set_requantisation(IntegerLayer& layer, const std::vector<double>& multiplier,
                        const std::vector<double>& bias) {
  constexpr double kMaxMultiplier = 32767.0;
  const double max_bias = static_cast<double>(bias_limit(layer) - 1);
  // The largest shift keeps the most significant bits of every constant.
  const auto fits = [&](int shift) {
    const double half = shift > 0 ? std::ldexp(0.5, shift) : 0.0;
    for (std::size_t c = 0; c < multiplier.size(); ++c) {
      if (std::fabs(std::ldexp(multiplier[c], shift)) + 0.5 > kMaxMultiplier) return false;
      if (std::fabs(std::ldexp(bias[c], shift)) + half + 0.5 > max_bias) return false;
    }
    return true;
  };
  int shift = max_shift(layer);
  while (shift > 0 && !fits(shift)) --shift;
  if (!fits(shift)) {
    throw InputError(
        "requantisation: a multiplier above 32767 or a bias above 2^47 (wide layers: 2^62) output "
        "steps: "
        "the layer's scales are out of proportion");
  }
  layer.shift = shift;
  layer.multiplier.resize(multiplier.size());
  layer.bias.resize(multiplier.size());
  for (std::size_t c = 0; c < multiplier.size(); ++c) {
    layer.multiplier[c] = static_cast<std::int32_t>(std::llround(std::ldexp(multiplier[c], shift)));
    layer.bias[c] =
        std::llround(std::ldexp(bias[c], shift)) + (shift > 0 ? std::int64_t{1} << (shift - 1) : 0);
  }
}

void IntegerNetwork::validate() const {
  network.validate();
  check_count(network.name, "layers of bit widths", policy.layers.size(), network.layers.size());
  check_count(network.name, "layers of integers", layers.size(), network.layers.size());
  for (const LayerId l : layers.ids()) {
    const Layer& shape = network.layers[l];
    const IntegerLayer& integers = layers[l];
    const std::string where = network.name + ": layer " + shape.name;
    const bool last = l == layers.last_id();
    check_range(where, "weight bits", integers.weight_bits, kMinBits, kMaxBits);
    check_range(where, "activation bits", integers.activation_bits, kMinBits, kMaxBits);
    check_range(where, "weight bits", integers.weight_bits, policy.layers[l].weight,
                policy.layers[l].weight);
    check_range(where, "activation bits", integers.activation_bits, policy.layers[l].activation,
                policy.layers[l].activation);
    const int output_bits = consumer_bits(network, policy, l);
    check_range(where, "output bits", integers.output_bits, output_bits, output_bits);
    if (!last && output_bits == 0) throw InputError(where + ": no layer uses its output");
    if (last && shape.pool != 1) {
      throw InputError(fmt::format(
          "{}: pool = {}: must be 1, the last layer delivers its accumulators", where, shape.pool));
    }

    const auto channels = static_cast<std::size_t>(shape.out_channels);
    check_count(where, "rows of weights", static_cast<std::size_t>(integers.weights.rows()),
                static_cast<std::size_t>(shape.rows()));
    check_count(where, "columns of weights", static_cast<std::size_t>(integers.weights.cols()),
                channels);
    const int max_weight = (1 << (integers.weight_bits - 1)) - 1;
    const int max_activation = (1 << integers.activation_bits) - 1;
    for (Eigen::Index c = 0; c < integers.weights.cols(); ++c) {
      std::int64_t magnitude = 0;
      for (Eigen::Index r = 0; r < integers.weights.rows(); ++r) {
        const int weight = integers.weights(r, c);
        if (weight < -max_weight || weight > max_weight) {
          check_range(where, "weight", weight, -max_weight, max_weight);
        }
        magnitude += std::abs(weight);
      }
      check_range(where, "largest accumulator", magnitude * max_activation, 0,
                  accumulator_limit(integers));
    }

    check_count(where, "multipliers", integers.multiplier.size(), last ? 0 : channels);
    check_count(where, "biases", integers.bias.size(), last ? 0 : channels);
    for (const std::int32_t m : integers.multiplier)
      check_range(where, "multiplier", m, -32768, 32767);
    for (const std::int64_t b : integers.bias)
      check_range(where, "bias", b, 1 - bias_limit(integers), bias_limit(integers) - 1);
    check_range(where, "shift", integers.shift, 0, max_shift(integers));
  }
  check_count(network.name, "output biases", output_bias.size(),
              static_cast<std::size_t>(network.layers.back().out_channels));
}

IntegerNetwork random_integer_network(const Network& network, const Policy& policy,
                                      std::uint64_t seed) {
  network.validate();
  check_count(network.name, "layers of bit widths", policy.layers.size(), network.layers.size());
  Random random(seed);
  IntegerNetwork result;
  result.network = network;
  result.policy = policy;
  result.layers.resize(network.layers.size());
  for (const LayerId l : network.layers.ids()) {
    const Layer& shape = network.layers[l];
    IntegerLayer& integers = result.layers[l];
    integers.weight_bits = policy.layers[l].weight;
    integers.activation_bits = policy.layers[l].activation;
    integers.output_bits = consumer_bits(network, policy, l);
    const int max_weight = (1 << (integers.weight_bits - 1)) - 1;
    // Pixels have 8 bits, however wide the registers are that they enter.
    const bool image = shape.inputs.front() == kImage;
    const int max_activation =
        (1 << (image ? std::min(8, integers.activation_bits) : integers.activation_bits)) - 1;
    integers.weights.resize(shape.rows(), shape.out_channels);
    for (int c = 0; c < shape.out_channels; ++c) {
      give_up_if_stopped();
      for (int r = 0; r < shape.rows(); ++r)
        integers.weights(r, c) = random.integer(-max_weight, max_weight);
    }
    // A sum of independent products with mean zero: its standard deviation is what the output range
    // is scaled to, so that about half of the outputs are zero and a few per cent saturate.
    const double weight_rms = std::sqrt(max_weight * (max_weight + 1) / 3.0);
    const double deviation =
        std::sqrt(static_cast<double>(shape.rows())) * weight_rms * 0.5 * max_activation;
    if (integers.output_bits == 0) {
      const int limit = std::max(1, static_cast<int>(std::min(deviation, 1e6)));
      for (int c = 0; c < shape.out_channels; ++c)
        result.output_bias.push_back(random.integer(-limit, limit));
      continue;
    }
    const double max_output = (1 << integers.output_bits) - 1;
    std::vector<double> multiplier, bias;
    for (int c = 0; c < shape.out_channels; ++c) {
      // A folded batch norm may turn the sign of a channel.
      const double sign = random.integer(0, 7) == 0 ? -1.0 : 1.0;
      multiplier.push_back(sign * random.real(0.4, 0.8) * max_output / deviation);
      bias.push_back(random.real(-0.25, 0.35) * max_output);
    }
    set_requantisation(integers, multiplier, bias);
  }
  return result;
}

std::vector<std::uint8_t> random_image(const Shape& shape, std::uint64_t seed) {
  Random random(seed);
  std::vector<std::uint8_t> image(static_cast<std::size_t>(shape.size()));
  for (std::uint8_t& pixel : image) pixel = static_cast<std::uint8_t>(random.integer(0, 255));
  return image;
}

std::vector<std::int32_t> quantise_image(const std::vector<std::uint8_t>& image,
                                         int activation_bits) {
  check_range("image", "activation bits", activation_bits, 1, kMaxBits);
  const int shift = std::max(0, 8 - activation_bits);
  const std::int32_t half = shift > 0 ? 1 << (shift - 1) : 0;
  const std::int32_t max = (1 << activation_bits) - 1;
  std::vector<std::int32_t> result;
  result.reserve(image.size());
  for (const std::uint8_t pixel : image) result.push_back(std::min((pixel + half) >> shift, max));
  return result;
}

}  // namespace kirchhoff::quant
