#include "quant/import/constant.h"

#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <onnx/onnx_pb.h>

#include "base/error.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {
namespace {

/// Values of one type: little-endian bytes or protobuf's list.
template <typename Stored, typename List>
std::vector<Stored> values_of(const onnx::TensorProto& tensor, const List& list, std::size_t count,
                              const std::string& where) {
  std::vector<Stored> values;
  if (tensor.has_raw_data()) {
    const std::string& bytes = tensor.raw_data();
    if (bytes.size() != count * sizeof(Stored)) {
      throw InputError(fmt::format("{}: {} bytes of data: must be {}", where, bytes.size(),
                                   count * sizeof(Stored)));
    }
    values.resize(count);
    if (count != 0) std::memcpy(values.data(), bytes.data(), bytes.size());
    return values;
  }
  if (static_cast<std::size_t>(list.size()) != count)
    throw InputError(fmt::format("{}: {} values: must be {}", where, list.size(), count));
  values.assign(list.begin(), list.end());
  return values;
}

std::size_t checked_count(const onnx::TensorProto& tensor, const std::string& where) {
  std::int64_t count = 1;
  bool none = false;
  for (const std::int64_t side : tensor.dims()) {
    if (side < 0 || side > kMaxWeights)
      throw InputError(fmt::format("{}: side {}: must be in [0, {}]", where, side, kMaxWeights));
    if (side == 0) none = true;
    if (side != 0) count *= side;
    if (count > kMaxWeights)
      throw InputError(fmt::format("{}: sides {}: must have at most {} values", where,
                                   fmt::join(tensor.dims(), "x"), kMaxWeights));
  }
  return none ? 0 : static_cast<std::size_t>(count);
}

/// The values of a tensor when axis i of the result is axis order[i].
template <typename T>
std::vector<T> moved(const std::vector<T>& values, const Dims& dims,
                     const std::vector<int>& order) {
  const std::size_t rank = order.size();
  if (rank == 0) return values;
  std::vector<std::size_t> step(rank, 1);  // of the tensor's axes
  for (std::size_t i = rank; i-- > 1;) step[i - 1] = step[i] * static_cast<std::size_t>(dims[i]);
  std::vector<std::int64_t> at(rank, 0);
  std::vector<T> result;
  result.reserve(values.size());
  std::size_t place = 0;
  while (result.size() < values.size()) {
    result.push_back(values[place]);
    for (std::size_t i = rank; i-- > 0;) {
      const auto axis = static_cast<std::size_t>(order[i]);
      place += step[axis];
      if (++at[i] < dims[axis]) break;
      place -= step[axis] * static_cast<std::size_t>(dims[axis]);
      at[i] = 0;
    }
  }
  return result;
}

}  // namespace

std::string to_string(const Dims& dims) {
  return dims.empty() ? "scalar" : fmt::format("{}", fmt::join(dims, "x"));
}

std::int64_t count_of(const Dims& dims) {
  return std::accumulate(dims.begin(), dims.end(), std::int64_t{1}, std::multiplies<>());
}

int front_axis(std::int64_t axis, std::size_t rank) {
  const auto sides = static_cast<std::int64_t>(rank);
  if (axis < -sides || axis >= sides) return -1;
  return static_cast<int>(axis < 0 ? axis + sides : axis);
}

Constant Constant::of_integers(std::vector<std::int64_t> values) {
  Constant made;
  made.dims = {static_cast<std::int64_t>(values.size())};
  made.is_integer = true;
  made.integers = std::move(values);
  return made;
}

Constant Constant::pick(const std::vector<std::size_t>& places, const Dims& sides) const {
  Constant made;
  made.dims = sides;
  made.is_integer = is_integer;
  made.range = range;
  made.bits = bits;
  for (const std::size_t place : places) {
    if (!steps.empty()) made.steps.push_back(steps[place]);
  }
  for (const std::size_t place : places) {
    if (is_integer) {
      made.integers.push_back(integers[place]);
    } else {
      made.numbers.push_back(numbers[place]);
    }
  }
  return made;
}

std::shared_ptr<const Constant> read_constant(const onnx::TensorProto& tensor,
                                              const std::string& where) {
  if (tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.external_data_size() != 0)
    throw InputError(fmt::format("{}: lies in a file of its own: must be in the model", where));
  if (tensor.has_segment())
    throw InputError(fmt::format("{}: is a segment: must be a whole tensor", where));
  const std::size_t count = checked_count(tensor, where);
  Constant made;
  made.dims.assign(tensor.dims().begin(), tensor.dims().end());
  switch (tensor.data_type()) {
    case onnx::TensorProto::FLOAT:
      made.numbers = values_of<float>(tensor, tensor.float_data(), count, where);
      break;
    case onnx::TensorProto::DOUBLE:
      for (const double value : values_of<double>(tensor, tensor.double_data(), count, where))
        made.numbers.push_back(static_cast<float>(value));
      break;
    case onnx::TensorProto::INT64:
      made.is_integer = true;
      made.integers = values_of<std::int64_t>(tensor, tensor.int64_data(), count, where);
      break;
    case onnx::TensorProto::INT32: {
      const auto values = values_of<std::int32_t>(tensor, tensor.int32_data(), count, where);
      made.is_integer = true;
      made.integers.assign(values.begin(), values.end());
      break;
    }
    case onnx::TensorProto::INT8: {
      const auto values = values_of<std::int8_t>(tensor, tensor.int32_data(), count, where);
      made.is_integer = true;
      made.range = {INT8_MIN, INT8_MAX};
      made.integers.assign(values.begin(), values.end());
      break;
    }
    case onnx::TensorProto::UINT8:
    case onnx::TensorProto::BOOL: {
      if (tensor.data_type() == onnx::TensorProto::UINT8) made.range = {0, UINT8_MAX};
      const auto values = values_of<std::uint8_t>(tensor, tensor.int32_data(), count, where);
      made.is_integer = true;
      made.integers.assign(values.begin(), values.end());
      break;
    }
    default:
      throw InputError(fmt::format(
          "{}: data type {}: must be float32, float64, int8, uint8, int32, int64 or bool", where,
          onnx::TensorProto::DataType_IsValid(tensor.data_type())
              ? onnx::TensorProto::DataType_Name(
                    static_cast<onnx::TensorProto::DataType>(tensor.data_type()))
              : std::to_string(tensor.data_type())));
  }
  for (const float value : made.numbers) {
    if (!std::isfinite(value))
      throw InputError(fmt::format("{}: value {}: must be a finite float32", where, value));
  }
  return std::make_shared<const Constant>(std::move(made));
}

Constant transposed(const Constant& tensor, const std::vector<int>& order) {
  Constant made;
  made.is_integer = tensor.is_integer;
  for (const int axis : order) made.dims.push_back(tensor.dims[static_cast<std::size_t>(axis)]);
  made.numbers = moved(tensor.numbers, tensor.dims, order);
  made.integers = moved(tensor.integers, tensor.dims, order);
  made.range = tensor.range;
  made.steps = moved(tensor.steps, tensor.dims, order);
  made.bits = tensor.bits;
  return made;
}

Constant gathered(const Constant& tensor, const Constant& places) {
  const std::int64_t entries = tensor.dims.front();
  const std::size_t step = entries == 0 ? 0 : tensor.size() / static_cast<std::size_t>(entries);
  std::vector<std::size_t> picked;
  for (const std::int64_t place : places.integers) {
    const auto entry = static_cast<std::size_t>(place < 0 ? place + entries : place);
    for (std::size_t i = 0; i < step; ++i) picked.push_back(entry * step + i);
  }
  Dims sides = places.dims;
  sides.insert(sides.end(), tensor.dims.begin() + 1, tensor.dims.end());
  return tensor.pick(picked, sides);
}

}  // namespace kirchhoff::quant
