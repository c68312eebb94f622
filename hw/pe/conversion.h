#pragma once

#include <algorithm>
#include <cstdint>

#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

/// What an ADC does to a column difference: clamp(floor(d/lsb + 1/2), -2^(bits-1), 2^(bits-1)-1) *
/// lsb. Counts saturated codes in `clipped`.
inline int convert_difference(const AdcConfig& adc, int difference, std::uint64_t& clipped) {
  const int numerator = 2 * difference + adc.lsb;
  const int denominator = 2 * adc.lsb;
  int code = numerator / denominator;
  if (numerator % denominator < 0) --code;
  const int low = -(1 << (adc.bits - 1)), high = (1 << (adc.bits - 1)) - 1;
  const int saturated = std::clamp(code, low, high);
  clipped += saturated != code;
  return saturated * adc.lsb;
}

/// True when no difference of a block with `rows` used rows is changed by the ADC.
inline bool lossless(const AdcConfig& adc, int rows) {
  return adc.lsb == 1 && rows <= (1 << (adc.bits - 1)) - 1;
}

/// Conversions that each ADC of a pair makes one after another for `columns` columns.
inline int conversion_rounds(const AdcConfig& adc, int columns) {
  return (columns + adc.per_pair - 1) / adc.per_pair;
}

}  // namespace kirchhoff::hw
