#include "quant/network/function.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/core.h>

#include "base/portable_math.h"

namespace kirchhoff::quant {

Function Function::of(Kind kind) {
  Function function;
  function.kind = kind;
  return function;
}

Function Function::clip(double low, double high) {
  Function function = of(Kind::kClip);
  function.low = low;
  function.high = high;
  return function;
}

Function Function::leaky_relu(double slope) {
  Function function = of(Kind::kLeakyRelu);
  function.slope = slope;
  return function;
}

Function Function::hard_sigmoid(double slope, double offset) {
  Function function = of(Kind::kHardSigmoid);
  function.slope = slope;
  function.offset = offset;
  return function;
}

double Function::operator()(double x) const {
  switch (kind) {
    case Kind::kNone:
      return x;
    case Kind::kRelu:
      return std::max(x, 0.0);
    case Kind::kClip:
      return std::min(std::max(x, low), high);
    case Kind::kLeakyRelu:
      return x < 0 ? slope * x : x;
    case Kind::kHardSigmoid:
      return std::clamp(slope * x + offset, 0.0, 1.0);
    case Kind::kHardSwish:
      return x * std::clamp(x / 6 + 0.5, 0.0, 1.0);
    case Kind::kSigmoid:
      return 1 / (1 + base::portable_exp(-x));
    case Kind::kTanh:
      return 1 - 2 / (1 + base::portable_exp(2 * x));
  }
  return x;
}

bool Function::non_negative() const {
  switch (kind) {
    case Kind::kRelu:
    case Kind::kHardSigmoid:
    case Kind::kSigmoid:
      return true;
    case Kind::kClip:
      return low >= 0;
    default:
      return false;
  }
}

// A map is calibrated on what the function gives, so that its largest value is at most the upper
// bound of a clip.
bool Function::clamps() const {
  return kind == Kind::kNone || kind == Kind::kRelu || (kind == Kind::kClip && low == 0);
}

double Function::largest_argument(double largest) const {
  switch (kind) {
    case Kind::kNone:
    case Kind::kRelu:
    case Kind::kHardSwish:
    case Kind::kLeakyRelu:  // as far as above zero
      return largest;
    default:
      return std::numeric_limits<double>::infinity();
  }
}

double Function::reach(double largest) const {
  // Where sigmoid and tanh are within 2^-10 of their ends, finer than 8 bits of a map tell.
  constexpr double kSigmoidReach = 7, kTanhReach = 4, kHardSwishReach = 3;
  switch (kind) {
    case Kind::kClip:
      return std::min(largest, std::max(std::fabs(low), std::fabs(high)));
    case Kind::kHardSigmoid:
      return slope == 0 ? std::min(largest, 1.0)  // flat everywhere
                        : std::min(largest, std::max(std::fabs(offset), std::fabs(1 - offset)) /
                                                std::fabs(slope));
    case Kind::kSigmoid:
      return std::min(largest, kSigmoidReach);
    case Kind::kTanh:
      return std::min(largest, kTanhReach);
    case Kind::kHardSwish:
      return std::max(largest, kHardSwishReach);
    default:
      return largest;
  }
}

std::string Function::to_string() const {
  switch (kind) {
    case Kind::kNone:
      return "none";
    case Kind::kRelu:
      return "relu";
    case Kind::kClip:
      return fmt::format("clip({}, {})", low, high);
    case Kind::kLeakyRelu:
      return fmt::format("leaky_relu({})", slope);
    case Kind::kHardSigmoid:
      return fmt::format("hard_sigmoid({}, {})", slope, offset);
    case Kind::kHardSwish:
      return "hard_swish";
    case Kind::kSigmoid:
      return "sigmoid";
    case Kind::kTanh:
      return "tanh";
  }
  return "none";
}

}  // namespace kirchhoff::quant
