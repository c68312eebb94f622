#pragma once

#include <string>

namespace kirchhoff::quant {

/// A function of one number, what stands between a layer's sums and its map.
struct Function {
  enum class Kind {
    kNone,         ///< x
    kRelu,         ///< max(x, 0)
    kClip,         ///< min(max(x, low), high); ReLU6 is that of 0 and 6
    kLeakyRelu,    ///< x, below zero slope * x
    kHardSigmoid,  ///< min(max(slope * x + offset, 0), 1)
    kHardSwish,    ///< x * min(max(x / 6 + 1/2, 0), 1)
    kSigmoid,      ///< 1 / (1 + e^-x)
    kTanh,
  };

  Kind kind = Kind::kNone;
  double low = 0, high = 0;      ///< of kClip
  double slope = 0, offset = 0;  ///< of kLeakyRelu and kHardSigmoid

  static Function none() { return {}; }
  static Function relu() { return of(Kind::kRelu); }
  static Function clip(double low, double high);
  static Function leaky_relu(double slope);
  static Function hard_sigmoid(double slope, double offset);
  static Function of(Kind kind);

  double operator()(double x) const;
  bool is_none() const { return kind == Kind::kNone; }
  /// No value is below zero: the map needs no sign.
  bool non_negative() const;
  /// Grows with x, so that it may come before or after a maximum.
  bool monotone() const { return kind != Kind::kHardSwish && slope >= 0; }
  /// The requantiser's clamp to the range of the map does it all. Otherwise a look-up table does.
  bool clamps() const;
  /// The largest magnitude of x where that of the function's values is `largest`; infinity where
  /// these do not tell.
  double largest_argument(double largest) const;
  /// The largest magnitude of x that a table must tell apart where none is larger than `largest`:
  /// beyond it the function is flat.
  double reach(double largest) const;
  /// "relu", "clip(0, 6)"
  std::string to_string() const;

  bool operator==(const Function& o) const {
    return kind == o.kind && low == o.low && high == o.high && slope == o.slope &&
           offset == o.offset;
  }
  bool operator!=(const Function& o) const { return !(*this == o); }
};

}  // namespace kirchhoff::quant
