#include "hw/cells/draws.h"

#include <Random123/philox.h>

namespace kirchhoff::hw {
namespace {

double uniform(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = (std::uint64_t{high} << 32 | low) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1.0p-52;
}

r123::Philox4x32::ctr_type words_of(int seed, const ArrayPlace& array, const DrawName& name) {
  const auto bits = [](int value) { return static_cast<std::uint32_t>(value); };
  r123::Philox4x32 generator;
  r123::Philox4x32::ctr_type counter = {{
      bits(name.row) | bits(name.column) << 11 | bits(array.slice) << 22 |
          bits(array.negative) << 31,
      bits(array.row_begin),
      bits(array.column_begin),
      bits(array.layer) | bits(name.programming) << 16,
  }};
  const r123::Philox4x32::key_type key = {
      {bits(seed), static_cast<std::uint32_t>(name.purpose) | bits(name.write) << 8}};
  return generator(counter, key);
}

}  // namespace

Draws draw(int seed, const ArrayPlace& array, const DrawName& name) {
  const auto words = words_of(seed, array, name);
  return {uniform(words[0], words[1]), uniform(words[2], words[3])};
}

base::NoiseKey noise_key(int seed, ArrayPlace pair, int reading) {
  pair.negative = false;
  const auto words = words_of(seed, pair, {Purpose::kNoise, kAllCells, kAllCells, reading});
  return {words[0], words[1]};
}

}  // namespace kirchhoff::hw
