#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "quant/import/onnx_messages.h"

namespace kirchhoff::quant {

/// Sides of an ONNX tensor, outermost first.
using Dims = std::vector<std::int64_t>;
/// "1x3x32x32"; "scalar" without sides.
std::string to_string(const Dims& dims);
std::int64_t count_of(const Dims& dims);
/// An axis counted from the front; `axis` may count from the back, below zero. -1 where there is no
/// such axis.
int front_axis(std::int64_t axis, std::size_t rank);

/// What an integer type, or a quantiser, has.
struct IntegerRange {
  std::int64_t low = 0, high = 0;
};

/// A tensor whose values are known before the network runs: real numbers or integers (truth is 0 or
/// 1).
struct Constant {
  Dims dims;
  bool is_integer = false;
  std::vector<float> numbers;
  std::vector<std::int64_t> integers;
  IntegerRange range;        ///< of integers of 8 bits
  std::vector<float> steps;  ///< of numbers that are integers times a step: each one's
  int bits = 0;              ///< that these integers take, with a sign

  static Constant of_integers(std::vector<std::int64_t> values);
  std::size_t size() const { return is_integer ? integers.size() : numbers.size(); }
  /// Those of its values, in that order, under other sides.
  Constant pick(const std::vector<std::size_t>& places, const Dims& sides) const;
};

/// Reads a tensor of float32, float64, int8, uint8, int32, int64 or bool; InputErrors begin with
/// `where`.
std::shared_ptr<const Constant> read_constant(const onnx::TensorProto& tensor,
                                              const std::string& where);

/// Axis i of the result is axis order[i] of the tensor.
Constant transposed(const Constant& tensor, const std::vector<int>& order);
/// Entries along axis 0; all places must be there. A single place given as a scalar drops the axis.
Constant gathered(const Constant& tensor, const Constant& places);

}  // namespace kirchhoff::quant
