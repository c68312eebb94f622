#pragma once

#include <cstddef>
#include <cstdint>

namespace kirchhoff {

/// FNV-1a over 64 bits: notices accidental changes, not intended ones.
class Digest {
 public:
  void add(const void* bytes, std::size_t count) {
    const auto* next = static_cast<const unsigned char*>(bytes);
    for (std::size_t i = 0; i < count; ++i) value_ = (value_ ^ next[i]) * 1099511628211ULL;
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037ULL;
};

}  // namespace kirchhoff
