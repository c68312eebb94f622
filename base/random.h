#pragma once

#include <cstdint>
#include <random>
#include <utility>
#include <vector>

namespace kirchhoff {

/// The standard fixes the engines' numbers but not those of its distributions and of std::shuffle,
/// so these are spelt out: the same seed gives the same draws with every standard library.

/// Uniform in [0, limit), without bias; `limit` must be positive.
inline std::uint64_t uniform_below(std::mt19937_64& engine, std::uint64_t limit) {
  // Draws below 2^64 mod limit would make the small results more likely.
  const std::uint64_t rejected = (0 - limit) % limit;
  std::uint64_t draw = engine();
  while (draw < rejected) draw = engine();
  return draw % limit;
}

/// Uniform in [0, 1) with 53 random bits.
inline double uniform_unit(std::mt19937_64& engine) {
  return static_cast<double>(engine() >> 11) * 0x1.0p-53;
}

/// Fisher-Yates.
template <typename T>
void shuffle(std::vector<T>& values, std::mt19937_64& engine) {
  for (std::size_t i = values.size(); i > 1; --i) {
    std::swap(values[i - 1], values[uniform_below(engine, i)]);
  }
}

/// An engine for one purpose: neighbouring (seed, stream) pairs give unrelated sequences.
inline std::mt19937_64 random_stream(std::uint64_t seed, std::uint64_t stream) {
  std::seed_seq sequence{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                         static_cast<std::uint32_t>(stream),
                         static_cast<std::uint32_t>(stream >> 32)};
  return std::mt19937_64(sequence);
}

}  // namespace kirchhoff
