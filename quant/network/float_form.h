#pragma once

#include "quant/network/function.h"

namespace kirchhoff::quant {

/// A function in float32, one operation after the other in one order, of whatever `Operations`
/// computes with: number by number in inference, all numbers of a tensor in training, to the same
/// bits. They have
///   constant(double)       the factor or summand that arithmetic takes
///   rectified(x)
///   clamped(x, low, high)
///   chosen(x, below)       `below` where x < 0, else x
///   exponential(x)
template <class Operations, class Number>
Number float_form(const Function& function, const Number& x) {
  using Of = Operations;
  const auto one = Of::constant(1.0), two = Of::constant(2.0);
  const auto slope = Of::constant(function.slope);
  const auto sigmoid = [&](const Number& v) { return Number(one / (one + Of::exponential(-v))); };
  switch (function.kind) {
    case Function::Kind::kNone:
      return x;
    case Function::Kind::kRelu:
      return Of::rectified(x);
    case Function::Kind::kClip:
      return Of::clamped(x, function.low, function.high);
    case Function::Kind::kLeakyRelu:
      return Of::chosen(x, x * slope);
    case Function::Kind::kHardSigmoid:
      return Of::clamped(x * slope + Of::constant(function.offset), 0.0, 1.0);
    case Function::Kind::kHardSwish:
      return x * Of::clamped(x * Of::constant(1.0 / 6.0) + Of::constant(0.5), 0.0, 1.0);
    case Function::Kind::kSigmoid:
      return sigmoid(x);
    case Function::Kind::kTanh:
      return one - two * (one - sigmoid(x * two));
  }
  return x;
}

}  // namespace kirchhoff::quant
