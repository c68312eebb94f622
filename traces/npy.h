#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace kirchhoff {

/// Writes an array as a NumPy .npy file (format 1.0, C order, little endian, data aligned to 64
/// bytes) that `numpy.load(path)` reads; it appears whole or not at all. `shape` may be empty for a
/// scalar; the product of its sizes must be the number of elements. Throws RunError when the disk
/// refuses, std::logic_error when shape and elements disagree.
void write_npy(const std::string& path, const std::int32_t* elements,
               const std::vector<std::size_t>& shape);
void write_npy(const std::string& path, const std::int64_t* elements,
               const std::vector<std::size_t>& shape);
void write_npy(const std::string& path, const std::uint8_t* elements,
               const std::vector<std::size_t>& shape);

/// As above; std::logic_error when `elements` does not have the size that `shape` says.
void write_npy(const std::string& path, const std::vector<std::int32_t>& elements,
               const std::vector<std::size_t>& shape);
void write_npy(const std::string& path, const std::vector<std::int64_t>& elements,
               const std::vector<std::size_t>& shape);
void write_npy(const std::string& path, const std::vector<std::uint8_t>& elements,
               const std::vector<std::size_t>& shape);

}  // namespace kirchhoff
