#include <algorithm>
#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "base/quote.h"
#include "quant/import/converters.h"
#include "quant/network/ops/function.h"
#include "quant/network/policy.h"

namespace kirchhoff::quant {
namespace {

/// Where each number of a tensor finds its own in another one that is spread over its sides.
std::vector<std::size_t> spread(const OnnxNode& node, std::size_t i, const Dims& from,
                                const Dims& to) {
  Dims sides = from;
  while (sides.size() < to.size()) sides.insert(sides.begin(), 1);
  bool fits = sides.size() == to.size();
  for (std::size_t axis = 0; fits && axis < to.size(); ++axis)
    fits = sides[axis] == 1 || sides[axis] == to[axis];
  if (!fits) node.refuse_input(i, to_string(from), "spread over " + to_string(to));
  std::vector<std::size_t> places(static_cast<std::size_t>(count_of(to)));
  for (std::size_t n = 0; n < places.size(); ++n) {
    std::size_t rest = n, step = 1;
    for (std::size_t axis = to.size(); axis-- > 0;) {
      const auto side = static_cast<std::size_t>(to[axis]);
      if (sides[axis] != 1) {
        places[n] += rest % side * step;
        step *= side;
      }
      rest /= side;
    }
  }
  return places;
}

/// A step for every number of the tensor. A list of them goes along `axis`.
std::vector<float> steps_of(const OnnxNode& node, const GraphImport& network, const Dims& dims,
                            int axis) {
  const auto found = network.constant(node, 1);
  if (found->is_integer) node.refuse_input(1, "integers", "real numbers");
  for (const float step : found->numbers) {
    if (!(step > 0)) node.refuse_input(1, fmt::format("{}", step), "above 0");
  }
  Dims sides = found->dims;
  if (sides.size() == 1 && axis >= 0) {
    sides.assign(dims.size(), 1);
    sides[static_cast<std::size_t>(axis)] = found->dims[0];
  }
  return found->pick(spread(node, 1, sides, dims), dims).numbers;
}

/// Real or not, what has to be an integer of 32 bits.
std::int64_t integer_at(const OnnxNode& node, std::size_t i, const Constant& constant,
                        std::size_t place) {
  const double found = constant.is_integer ? static_cast<double>(constant.integers[place])
                                           : double{constant.numbers[place]};
  if (found != std::rint(found) || std::fabs(found) > INT32_MAX)
    node.refuse_input(i, fmt::format("{}", found), "an integer of 32 bits");
  return static_cast<std::int64_t>(found);
}

/// What stands for 0, as an integer for every number of the tensor.
std::vector<std::int64_t> zeros_of(const OnnxNode& node, const GraphImport& network,
                                   const Dims& dims, int axis) {
  std::vector<std::int64_t> zeros(static_cast<std::size_t>(count_of(dims)), 0);
  if (!node.has_input(2)) return zeros;
  const auto found = network.constant(node, 2);
  Dims sides = found->dims;
  if (sides.size() == 1 && axis >= 0) {
    sides.assign(dims.size(), 1);
    sides[static_cast<std::size_t>(axis)] = found->dims[0];
  }
  const Constant each = found->pick(spread(node, 2, sides, dims), dims);
  for (std::size_t i = 0; i < zeros.size(); ++i) zeros[i] = integer_at(node, 2, each, i);
  return zeros;
}

/// Bits of integers on both sides of 0, evenly: what crossbars hold.
int bits_of(std::int64_t largest) {
  int bits = kMinBits;
  while (bits <= kMaxBits && (std::int64_t{1} << (bits - 1)) - 1 < largest) ++bits;
  return bits;
}

/// A constant of integers less their zeros, times steps. Of more bits than weights have, such as a
/// bias, only the numbers are kept.
void define_rounded(const OnnxNode& node, GraphImport& network, const Dims& dims,
                    const std::vector<std::int64_t>& integers, std::vector<float> steps,
                    int least_bits) {
  Constant made;
  made.dims = dims;
  std::int64_t largest = 0;
  for (std::size_t i = 0; i < integers.size(); ++i) {
    largest = std::max(largest, std::abs(integers[i]));
    made.numbers.push_back(steps[i] * static_cast<float>(integers[i]));
    if (!std::isfinite(made.numbers.back()))
      node.refuse_input(1, fmt::format("{}", steps[i]),
                        "smaller: float32 does not hold the numbers");
  }
  made.bits = std::max(least_bits, bits_of(largest));
  if (made.bits <= kMaxBits) made.steps = std::move(steps);
  if (least_bits != 0 && made.bits > least_bits) {
    network.note(fmt::format("{}: weights of {} bits become {}, which are as many above 0 as below",
                             node.where(), least_bits, made.bits));
  }
  network.define(node, std::make_shared<const Constant>(std::move(made)));
}

/// Integers, half to even, zeros taken off.
std::vector<std::int64_t> rounded(const std::vector<float>& numbers,
                                  const std::vector<float>& steps,
                                  const std::vector<std::int64_t>& zeros,
                                  const IntegerRange& range) {
  std::vector<std::int64_t> integers;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const float value = numbers[i] / steps[i] + static_cast<float>(zeros[i]);
    integers.push_back(std::llrint(std::clamp(value, static_cast<float>(range.low),
                                              static_cast<float>(range.high))) -
                       zeros[i]);
  }
  return integers;
}

/// A map's only step; its integers count from 0.
float step_of(const OnnxNode& node, const GraphImport& network) {
  const float step = network.numbers(node, 1, 1)[0];
  if (!(step > 0)) node.refuse_input(1, fmt::format("{}", step), "above 0");
  if (!node.has_input(2)) return step;
  const auto zero = network.constant(node, 2);
  if (zero->size() != 1) node.refuse_input(2, to_string(zero->dims), "one integer");
  if (integer_at(node, 2, *zero, 0) != 0) {
    node.refuse_input(2, fmt::format("{}", integer_at(node, 2, *zero, 0)),
                      "0: on the chip 0 stands for 0 in every map");
  }
  return step;
}

/// The rounding itself is the chip's: here its bounds only.
void round_map(const OnnxNode& node, GraphImport& network, float step, const IntegerRange& range) {
  const ImportedMap& map = network.map(node, 0);
  const auto bound = [step](std::int64_t integer) {
    return double{real_number(step, static_cast<int>(integer))};
  };
  const bool pixels = range.low == 0 && range.high == 255 && std::fabs(step * 255 - 1) < 1e-6f;
  if (map.value == kImageValue && pixels) {
    network.leave_out(node, "left out, the image is rounded so");
    return;
  }
  network.append(node, apply(Function::clip(bound(range.low), bound(range.high))), {map.value}, {},
                 map.dims.size());
  network.round_newest(step);
}

/// QONNX's: inputs x, scale, zero point, bit width.
void convert_quant(const OnnxNode& node, GraphImport& network) {
  const bool is_signed = node.flag("signed", true), narrow = node.flag("narrow", false);
  const std::string rounding = node.text("rounding_mode", "ROUND");
  if (rounding != "ROUND" && rounding != "HALF_EVEN")
    node.refuse_attribute("rounding_mode", quote(rounding), "ROUND");
  const float width = network.numbers(node, 3, 1)[0];
  const float least = is_signed ? 2 : 1;
  if (width != std::rint(width) || width < least || width > kMaxBits) {
    node.refuse_input(3, fmt::format("{} bits", width),
                      fmt::format("an integer in [{}, {}]", least, kMaxBits));
  }
  const int bits = static_cast<int>(width);
  const std::int64_t half = std::int64_t{1} << (bits - 1);
  const IntegerRange range = is_signed ? IntegerRange{narrow ? 1 - half : -half, half - 1}
                                       : IntegerRange{0, 2 * half - (narrow ? 2 : 1)};
  if (!network.is_constant(node, 0)) return round_map(node, network, step_of(node, network), range);
  const auto x = network.constant(node, 0);
  if (x->is_integer) node.refuse_input(0, "integers", "real numbers");
  std::vector<float> steps = steps_of(node, network, x->dims, -1);
  define_rounded(node, network, x->dims,
                 rounded(x->numbers, steps, zeros_of(node, network, x->dims, -1), range), steps,
                 std::max(bits, kMinBits));
}

/// Of a zero point's type; a QuantizeLinear without one makes unsigned integers of 8 bits.
IntegerRange type_of_zero(const OnnxNode& node, const GraphImport& network) {
  if (!node.has_input(2)) return {0, UINT8_MAX};
  const auto zero = network.constant(node, 2);
  if (!zero->is_integer || zero->range.high == 0)
    node.refuse_input(2, "of another type", "int8 or uint8");
  return zero->range;
}

/// The axis that a list of steps goes along.
int axis_of(const OnnxNode& node, std::size_t rank) {
  const std::int64_t axis = node.integer("axis", 1, -4, 3);
  return rank < 2 && !node.has("axis") ? 0 : front_axis(axis, rank);
}

void convert_quantize(const OnnxNode& node, GraphImport& network) {
  const IntegerRange range = type_of_zero(node, network);
  if (network.is_constant(node, 0)) {
    const auto x = network.constant(node, 0);
    if (x->is_integer) node.refuse_input(0, "integers", "real numbers");
    const int axis = axis_of(node, x->dims.size());
    const auto zeros = zeros_of(node, network, x->dims, axis);
    Constant made;
    made.dims = x->dims;
    made.is_integer = true;
    made.integers = rounded(x->numbers, steps_of(node, network, x->dims, axis), zeros, range);
    for (std::size_t i = 0; i < zeros.size(); ++i) made.integers[i] += zeros[i];
    return network.define(node, std::make_shared<const Constant>(std::move(made)));
  }
  node.ignore("axis");
  const float step = step_of(node, network);
  round_map(node, network, step, range);
  network.mark_integers(node, step);
}

void convert_dequantize(const OnnxNode& node, GraphImport& network) {
  if (network.is_constant(node, 0)) {
    const auto x = network.constant(node, 0);
    if (!x->is_integer) node.refuse_input(0, "real numbers", "integers");
    const int axis = axis_of(node, x->dims.size());
    const auto zeros = zeros_of(node, network, x->dims, axis);
    std::vector<std::int64_t> integers;
    for (std::size_t i = 0; i < zeros.size(); ++i)
      integers.push_back(integer_at(node, 0, *x, i) - zeros[i]);
    return define_rounded(node, network, x->dims, integers, steps_of(node, network, x->dims, axis),
                          0);
  }
  node.ignore("axis");
  ImportedMap map = network.integer_map(node, 0);
  const float step = step_of(node, network);
  if (map.rounding.empty()) node.refuse_input(0, "real numbers", "what QuantizeLinear makes");
  if (map.integers != step)
    node.refuse_input(1, fmt::format("{}", step), fmt::format("{} as there", map.integers));
  map.rounding.clear();
  network.define(node, map);
}

}  // namespace

std::vector<OnnxConverter> quantiser_converters() {
  return {{"Quant", convert_quant, true},
          {"QuantizeLinear", convert_quantize},
          {"DequantizeLinear", convert_dequantize}};
}

}  // namespace kirchhoff::quant
