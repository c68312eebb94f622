#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <random>
#include <vector>

namespace kirchhoff {

/// The only source of chance in a search. The engine's numbers are fixed by the C++ standard and
/// the mappings below are our own, so a seed gives the same search whatever the libraries'
/// versions.
class Rng {
 public:
  explicit Rng(std::uint64_t seed) : engine_(seed) {}

  /// In [0, 1), 53 random bits.
  double uniform();
  /// Standard normal.
  double normal();
  /// In [0, count), every value equally likely.
  std::size_t index(std::size_t count);
  /// An index drawn with these probabilities, which need not sum to exactly 1.
  std::size_t sample(const std::vector<double>& probabilities);

  void save(std::ostream& out) const;
  /// Throws InputError when the stream does not hold a saved state.
  void load(std::istream& in);

 private:
  std::mt19937_64 engine_;
};

}  // namespace kirchhoff
