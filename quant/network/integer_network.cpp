#include "quant/network/integer_network.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <random>
#include <string>

#include <fmt/format.h>

#include "base/error.h"
#include "base/stop_request.h"
#include "quant/network/check_range.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {
namespace {

int max_shift(const IntegerLayer& layer) { return layer.wide() ? 62 : 47; }
/// Beside a product of 2^62 and a second operand of 2^47 it fits 64 bits.
std::int64_t bias_limit(const IntegerLayer& layer) {
  return std::int64_t{1} << (layer.wide() ? 61 : 47);
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

void check_count(const std::string& where, const char* what, std::size_t found,
                 std::size_t expected) {
  if (found != expected) {
    throw InputError(fmt::format("{}: {} {}: must be {}", where, found, what, expected));
  }
}

void check_integers(const Layer& shape, const IntegerLayer& integers, const IntegerLayer& widths,
                    const std::string& where) {
  const auto check_same = [&where](const char* what, int found, int expected) {
    check_range(where, what, found, expected, expected);
  };
  check_same("weight bits", integers.weight_bits, widths.weight_bits);
  check_same("activation bits", integers.activation_bits, widths.activation_bits);
  check_same("output bits", integers.output_bits, widths.output_bits);
  check_same("sign of the input", integers.input_signed, widths.input_signed);
  check_same("sign of the output", integers.output_signed, widths.output_signed);
  check_range(where, "activation bits", integers.activation_bits, kMinBits, kMaxBits);
  const bool last = integers.output_bits == 0;
  const auto rows = static_cast<std::size_t>(integers.weights.rows());
  const auto columns = static_cast<std::size_t>(integers.weights.cols());
  const int largest_input = std::max(integers.largest_input(), -integers.least_input());
  if (shape.has_weights()) {
    check_range(where, "weight bits", integers.weight_bits, kMinBits, kMaxBits);
    check_count(where, "rows of weights", rows, static_cast<std::size_t>(shape.rows()));
    check_count(where, "columns of weights", columns, static_cast<std::size_t>(shape.out_channels));
    const int max_weight = (1 << (integers.weight_bits - 1)) - 1;
    for (Eigen::Index c = 0; c < integers.weights.cols(); ++c) {
      std::int64_t magnitude = 0;
      for (Eigen::Index r = 0; r < integers.weights.rows(); ++r) {
        const int weight = integers.weights(r, c);
        if (weight < -max_weight || weight > max_weight)
          check_range(where, "weight", weight, -max_weight, max_weight);
        magnitude += std::abs(weight);
      }
      check_range(where, "largest accumulator", magnitude * largest_input, 0,
                  accumulator_limit(integers));
    }
  } else {
    check_count(where, "rows of weights", rows, 0);
    check_range(where, "largest accumulator", std::int64_t{shape.rows()} * largest_input, 0,
                accumulator_limit(integers));
  }
  const std::size_t constants = last ? 0 : static_cast<std::size_t>(constants_of(shape));
  check_count(where, "multipliers", integers.multiplier.size(), constants);
  check_count(where, "biases", integers.bias.size(), constants);
  for (const std::int32_t m : integers.multiplier)
    check_range(where, "multiplier", m, -32768, 32767);
  for (const std::int64_t b : integers.bias)
    check_range(where, "bias", b, 1 - bias_limit(integers), bias_limit(integers) - 1);
  check_range(where, "shift", integers.shift, 0, max_shift(integers));
  check_range(where, "residual multiplier", integers.residual_multiplier, 0, INT32_MAX);
  // A bound of the function may lie within the range of a map whose scale others share.
  const bool may_clamp = last || shape.function.clamps();
  if (!may_clamp || (!last && !integers.table.empty())) {
    check_count(where, "entries of the table", integers.table.size(),
                std::size_t{2} << integers.output_bits);
  } else {
    check_count(where, "entries of the table", integers.table.size(), 0);
  }
  for (const std::int32_t entry : integers.table)
    check_range(where, "entry of the table", entry, integers.least_output(),
                integers.largest_output());
}

void draw_weights(const Layer& shape, IntegerLayer& integers, Random& random) {
  const int max_weight = (1 << (integers.weight_bits - 1)) - 1;
  integers.weights.resize(shape.rows(), shape.out_channels);
  for (int c = 0; c < shape.out_channels; ++c) {
    give_up_if_stopped();
    for (int r = 0; r < shape.rows(); ++r)
      integers.weights(r, c) = random.integer(-max_weight, max_weight);
  }
}

/// A sum of independent products with mean zero: its standard deviation is what the output range
/// is scaled to, so that about half of the outputs are zero and a few per cent saturate. Without
/// weights: the largest input, times the pixels of a sum.
double deviation_of(const Layer& shape, const IntegerLayer& integers) {
  // Pixels have 8 bits, however wide the registers are that they enter.
  const bool image = shape.inputs.front() == kImage;
  const int largest = image ? std::min(255, integers.largest_input()) : integers.largest_input();
  if (!shape.has_weights())
    return static_cast<double>(largest) * (shape.kind == LayerKind::kSum ? shape.rows() : 1);
  const int max_weight = (1 << (integers.weight_bits - 1)) - 1;
  const double weight_rms = std::sqrt(max_weight * (max_weight + 1) / 3.0);
  return std::sqrt(static_cast<double>(shape.rows())) * weight_rms * 0.5 * largest;
}

/// A table that falls and rises: whatever an entry is, everyone has to find it.
std::vector<std::int32_t> random_table(const IntegerLayer& integers, Random& random) {
  std::vector<std::int32_t> table;
  for (int i = 0; i < 2 << integers.output_bits; ++i)
    table.push_back(random.integer(integers.least_output(), integers.largest_output()));
  return table;
}

void draw_constants(const Layer& shape, IntegerLayer& integers, double deviation, Random& random) {
  const double max_output = integers.largest_output();
  std::vector<double> multiplier, bias;
  for (int c = 0; c < constants_of(shape); ++c) {
    // A folded batch norm may turn the sign of a channel.
    const double sign = random.integer(0, 7) == 0 ? -1.0 : 1.0;
    multiplier.push_back(sign * random.real(0.4, 0.8) * max_output / deviation);
    bias.push_back(random.real(-0.25, 0.35) * max_output);
  }
  const double residual = shape.residual.empty() ? 0.0 : random.real(0.3, 0.9);
  set_requantisation(integers, multiplier, bias, residual);
  if (!shape.function.clamps()) integers.table = random_table(integers, random);
}

}  // namespace

int constants_of(const Layer& layer) {
  if (layer.has_weights()) return layer.out_channels;
  const bool whole = layer.padding == Padding(0) && !layer.ceil_mode;
  return !layer.average || whole ? 1 : layer.kernel_height * layer.kernel_width;
}

int pixels_under(const Layer& layer, int y, int x) {
  // Kernel taps whose place is on the map, or on its padding where that counts.
  const auto taps = [&layer](int at, int stride, int dilation, int kernel, int before, int map,
                             int behind) {
    const int low = layer.counts_padding ? -before : 0;
    const int high = layer.counts_padding ? map + behind : map;
    int count = 0;
    for (int k = 0; k < kernel; ++k) {
      const int place = at * stride - before + k * dilation;
      count += place >= low && place < high;
    }
    return count;
  };
  return taps(y, layer.stride.height, layer.dilation.height, layer.kernel_height, layer.padding.top,
              layer.input.height, layer.padding.bottom) *
         taps(x, layer.stride.width, layer.dilation.width, layer.kernel_width, layer.padding.left,
              layer.input.width, layer.padding.right);
}

int constant_of(const Layer& layer, int channel, int y, int x) {
  if (layer.has_weights()) return channel;
  return constants_of(layer) == 1 ? 0 : pixels_under(layer, y, x) - 1;
}

IntegerLayer widths_of(const Network& network, const Tensors& tensors, const Policy& policy,
                       LayerId l) {
  const TensorId from = network.layers[l].inputs.front(), made = output_of(l);
  IntegerLayer layer;
  layer.weight_bits = policy.layers[l].weight;
  layer.activation_bits = tensors.bits(from, policy);
  layer.input_signed = tensors.is_signed(from);
  layer.output_bits = network.is_output(l) ? 0 : tensors.bits(made, policy);
  layer.output_signed = !network.is_output(l) && tensors.is_signed(made);
  return layer;
}

IndexedVector<LayerId, IntegerLayer> widths_of(const Network& network, const Policy& policy) {
  check_widths(network, policy, network.name);
  const Tensors tensors(network);
  IndexedVector<LayerId, IntegerLayer> widths;
  for (const LayerId l : network.layers.ids())
    widths.push_back(widths_of(network, tensors, policy, l));
  return widths;
}

void set_requantisation(IntegerLayer& layer, const std::vector<double>& multiplier,
                        const std::vector<double>& bias, double residual) {
  constexpr double kMaxMultiplier = 32767.0;
  constexpr double kMaxResidual = INT32_MAX;  // it weighs as much as all of a layer's products
  const double max_bias = static_cast<double>(bias_limit(layer) - 1);
  // The largest shift keeps the most significant bits of every constant.
  const auto fits = [&](int shift) {
    const double half = shift > 0 ? std::ldexp(0.5, shift) : 0.0;
    if (std::ldexp(residual, shift) + 0.5 > kMaxResidual) return false;
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
        "requantisation: a multiplier above 32767, one of the second operand above 2^31 or a bias "
        "above 2^47 (wide layers: 2^61) output steps: the layer's scales are out of proportion");
  }
  layer.shift = shift;
  layer.residual_multiplier = static_cast<std::int32_t>(std::llround(std::ldexp(residual, shift)));
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
  const auto widths = widths_of(network, policy);
  for (const LayerId l : layers.ids())
    check_integers(network.layers[l], layers[l], widths[l],
                   network.name + ": layer " + network.layers[l].name);
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
  result.layers = widths_of(network, policy);
  for (const LayerId l : network.layers.ids()) {
    const Layer& shape = network.layers[l];
    IntegerLayer& integers = result.layers[l];
    if (shape.has_weights()) draw_weights(shape, integers, random);
    const double deviation = deviation_of(shape, integers);
    if (integers.output_bits == 0) {
      const int limit = std::max(1, static_cast<int>(std::min(deviation, 1e6)));
      for (int c = 0; c < shape.out_channels; ++c)
        result.output_bias.push_back(random.integer(-limit, limit));
      continue;
    }
    draw_constants(shape, integers, deviation, random);
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
