#include "base/conversion_noise.h"

#include <array>
#include <cmath>

#include <Random123/philox.h>

#include "base/kernels.h"
#include "base/normal_quantile.h"

namespace kirchhoff::base {
namespace {

// A number's distance p from the nearer end of (0, 1) is an odd number of 2^-32. As a float, it is
// the index of a table: exponent and kIndexBits of the mantissa; between entries the quantile is a
// line in p.
constexpr int kIndexBits = 6, kRestBits = 23 - kIndexBits;
constexpr std::uint32_t kRest = (1u << kRestBits) - 1;
constexpr std::uint32_t kBitsOfOne = 127u << 23;
constexpr int kEntries = (31 << kIndexBits) + 1;  // the last one is p = 1/2

struct QuantileTable {
  QuantileTable() {
    const auto quantile = [](int entry) {
      const int within = entry & ((1 << kIndexBits) - 1);
      const double p =
          std::ldexp(1.0 + std::ldexp(within, -kIndexBits), (entry >> kIndexBits) - 32);
      return entry + 1 < kEntries ? -normal_quantile(p) : 0.0;
    };
    for (int i = 0; i < kEntries; ++i) {
      const auto at = static_cast<std::size_t>(i);
      value[at] = static_cast<float>(quantile(i));
      const double change = i + 1 < kEntries ? quantile(i + 1) - quantile(i) : 0.0;
      slope[at] = static_cast<float>(std::ldexp(change, -kRestBits));
    }
  }
  std::array<float, kEntries> value{}, slope{};
};

const QuantileTable& table() {
  static const QuantileTable made;
  return made;
}

std::uint32_t word(int value) { return static_cast<std::uint32_t>(value); }

/// The third and fourth word of a counter, whose first ones are image and window.
struct CounterEnd {
  std::uint32_t read, kind;
};
CounterEnd counter_end(NoiseKind kind, int bit, int first_row, int group) {
  return {word(bit) | word(first_row) << 5 | word(group) << 16, static_cast<std::uint32_t>(kind)};
}

struct Kernels {
  /// Of four columns, `slots.count` numbers each.
  void (*deviates)(const NoiseKey& key, const NoiseSlots& slots, std::uint32_t read,
                   std::uint32_t kind, const float* values, const float* slopes, float* deviates);
};

#define KIRCHHOFF_KERNELS "base/conversion_noise_kernels.inc"
#include "base/each_processor.inc"

/// Of 32 random bits: the lowest is the sign.
float deviate_of(std::uint32_t bits) {
  const auto distance = static_cast<float>(static_cast<std::int32_t>(bits >> 1 | 1));
  std::uint32_t pattern = 0;
  std::memcpy(&pattern, &distance, sizeof pattern);
  pattern -= kBitsOfOne;
  const auto at = static_cast<std::size_t>(pattern >> kRestBits);
  const float deviate =
      table().value[at] +
      table().slope[at] * static_cast<float>(static_cast<std::int32_t>(pattern & kRest));
  return (bits & 1) != 0 ? -deviate : deviate;
}

}  // namespace

// Philox 4x32-10 (Salmon et al., SC 2011): the counter says which read and columns, the key which
// arrays.
float noise_deviate(const NoiseKey& key, NoiseKind kind, const NoiseEvent& event, int column) {
  const CounterEnd end = counter_end(kind, event.bit, event.first_row, column / kNoiseColumns);
  const r123::Philox4x32::ctr_type counter = {
      {event.image, window_word(event.y, event.x), end.read, end.kind}};
  const auto words = r123::Philox4x32()(counter, {{key.first, key.second}});
  return deviate_of(words[static_cast<std::size_t>(column % kNoiseColumns)]);
}

void noise_deviates(const NoiseKey& key, NoiseKind kind, const NoiseSlots& slots, int bit,
                    int first_row, int first_column, float* deviates) {
  const CounterEnd end = counter_end(kind, bit, first_row, first_column / kNoiseColumns);
  kernels().deviates(key, slots, end.read, end.kind, table().value.data(), table().slope.data(),
                     deviates);
}

float read_sigma(float relative, std::int64_t squares) {
  constexpr float kRootOfUnit = 1 << (kNoisePoint / 2);
  return relative * kRootOfUnit * std::sqrt(static_cast<float>(squares));
}

std::int32_t noise_parts(float sigma, float deviate) {
  return static_cast<std::int32_t>(std::lrint(sigma * deviate));
}

}  // namespace kirchhoff::base
