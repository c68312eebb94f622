#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kirchhoff {

/// An array of integers, the last index fastest.
struct IntegerArray {
  std::vector<std::size_t> shape;
  std::vector<std::int64_t> elements;
};

/// Reads a NumPy .npy file of 64-bit integers in C order, as `numpy.save` writes it. InputError
/// names the file and what is not so.
IntegerArray read_npy(const std::string& path);
/// The contents of such a file; `where` names it.
IntegerArray parse_npy(const std::string& bytes, const std::string& where);

}  // namespace kirchhoff
