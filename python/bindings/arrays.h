#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include <pybind11/numpy.h>

namespace kirchhoff::python {

/// A NumPy array that owns these values: they are not copied.
template <typename Value>
pybind11::array_t<Value> array_of(std::vector<Value> values,
                                  const std::vector<pybind11::ssize_t>& shape) {
  auto kept = std::make_unique<std::vector<Value>>(std::move(values));
  const Value* const first = kept->data();
  const pybind11::capsule owner(
      kept.get(), [](void* vector) { delete static_cast<std::vector<Value>*>(vector); });
  kept.release();
  return pybind11::array_t<Value>(shape, first, owner);
}

}  // namespace kirchhoff::python
