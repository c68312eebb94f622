#pragma once

#include <cstdint>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <type_traits>
#include <vector>

#include "base/error.h"

namespace kirchhoff {

/// Bytes of checkpoints, in the machine's own representation: a checkpoint stays on its machine.
template <typename T>
void write_value(std::ostream& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.write(reinterpret_cast<const char*>(&value), sizeof value);
}

/// The readers throw InputError when the stream ends early.
template <typename T>
T read_value(std::istream& in) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value{};
  in.read(reinterpret_cast<char*>(&value), sizeof value);
  if (!in) throw InputError("ends early");
  return value;
}

/// A byte that is neither 0 nor 1 is no bool.
template <>
inline bool read_value<bool>(std::istream& in) {
  static_assert(sizeof(bool) == sizeof(std::uint8_t));
  const auto byte = read_value<std::uint8_t>(in);
  if (byte > 1) throw InputError("holds an impossible value");
  return byte == 1;
}

template <typename T>
void write_optional(std::ostream& out, const std::optional<T>& value) {
  write_value(out, value.has_value());
  if (value) write_value(out, *value);
}

template <typename T>
std::optional<T> read_optional(std::istream& in) {
  if (!read_value<bool>(in)) return std::nullopt;
  return read_value<T>(in);
}

/// Bytes from here to the end of a stream that can be positioned, as all of these are.
inline std::uint64_t bytes_left(std::istream& in) {
  const auto here = in.tellg();
  in.seekg(0, std::ios::end);
  const auto end = in.tellg();
  in.seekg(here);
  return in && end > here ? static_cast<std::uint64_t>(end - here) : 0;
}

/// A number of elements that take at least `element_bytes` each: no more than the stream still has
/// room for, so that broken bytes cannot ask for memory.
inline std::uint64_t read_size(std::istream& in, std::uint64_t element_bytes) {
  const auto size = read_value<std::uint64_t>(in);
  if (size > bytes_left(in) / element_bytes) throw InputError("holds an impossible length");
  return size;
}

/// A number of elements of several parts, the first of them of at least eight bytes.
inline std::uint64_t read_count(std::istream& in) { return read_size(in, sizeof(std::uint64_t)); }

inline void write_string(std::ostream& out, const std::string& text) {
  write_value(out, static_cast<std::uint64_t>(text.size()));
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
}

inline std::string read_string(std::istream& in) {
  std::string text(read_size(in, 1), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!in) throw InputError("ends early");
  return text;
}

template <typename T>
void write_vector(std::ostream& out, const std::vector<T>& values) {
  static_assert(std::is_trivially_copyable_v<T>);
  write_value(out, static_cast<std::uint64_t>(values.size()));
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(T)));
}

template <typename T>
std::vector<T> read_vector(std::istream& in) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::vector<T> values(read_size(in, sizeof(T)));
  in.read(reinterpret_cast<char*>(values.data()),
          static_cast<std::streamsize>(values.size() * sizeof(T)));
  if (!in) throw InputError("ends early");
  return values;
}

}  // namespace kirchhoff
