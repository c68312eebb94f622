#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/staircase.h"
#include "hw/config/pe_config.h"
#include "hw/config/read_steps.h"
#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

/// Bits behind the point of a column's value: none where cells and converters are ideal.
inline int fraction_bits(const PeConfig& pe) { return pe.real() ? CellsConfig::kFractionBits : 0; }

/// No errors (LaneCells::converters).
inline const std::vector<base::Staircase> kIdealConverters;

/// What an ADC does to a column's value: clamp(floor(v/lsb + 1/2), low, high) * lsb. Codes are
/// two's complement, or unsigned with the offset encoding, whose columns are never negative.
/// Integrate-and-fire counts spikes instead, clamp(floor(v/lsb), low, high): the charge of a column
/// is kept between 0 and a spike's, by spikes that are counted up or down.
class Converter {
 public:
  /// Values have so many `fraction_bits`.
  Converter(const AdcConfig& adc, Encoding encoding, int fraction_bits = 0)
      : lsb_(adc.lsb),
        step_(adc.lsb << fraction_bits),
        start_(adc.kind == AdcKind::kIntegrateFire ? 0 : step_),
        low_(encoding == Encoding::kOffset ? 0 : -(1 << (adc.bits - 1))),
        high_(encoding == Encoding::kOffset ? (1 << adc.bits) - 1 : (1 << (adc.bits - 1)) - 1) {}

  int low() const { return low_; }
  int high() const { return high_; }
  bool exact() const { return step_ == 1; }  ///< but for saturation

  /// Counts saturated codes in `clipped`.
  std::int32_t convert(std::int32_t value, std::uint64_t& clipped) const {
    int code = value;
    if (step_ != 1) {
      const int numerator = 2 * value + start_;
      const int denominator = 2 * step_;
      code = numerator / denominator;
      if (numerator % denominator < 0) --code;
    }
    return limited(code, clipped);
  }
  /// The same by a converter with errors (ConverterModel).
  std::int32_t convert(std::int32_t value, const base::Staircase& real,
                       std::uint64_t& clipped) const {
    return limited(low_ - 1 + real.steps(value), clipped);
  }
  /// All columns of a bit step, of which `first_column` is the first of its pair: by the pair's
  /// converters in turn, or by ideal ones where there are none.
  void convert(const Columns& values, int first_column, const std::vector<base::Staircase>& real,
               Columns& codes, std::uint64_t& clipped) const;

 private:
  std::int32_t limited(int code, std::uint64_t& clipped) const {
    const int saturated = std::clamp(code, low_, high_);
    clipped += saturated != code;
    return saturated * lsb_;
  }

  std::int32_t lsb_, step_, start_, low_, high_;
};

/// True when the ADC changes no column of a block with `rows` used rows, whatever the block holds.
inline bool lossless(const PeConfig& pe, int rows) {
  if (pe.adc.lsb != 1 || pe.real()) return false;
  const Converter converter(pe.adc, pe.encoding);
  const int digit = largest_drive(pe.dac), read = std::min(rows, rows_per_read(pe.crossbar));
  const int largest = read * top_level(pe.crossbar.cell_bits);
  if (pe.encoding == Encoding::kDifferential) return largest * digit <= converter.high();
  const int flipped = flip_threshold(pe.crossbar.rows, pe.crossbar.cell_bits) - 1;
  return std::min(largest, flipped) * digit <= converter.high() &&
         (pe.extra_columns() == 0 || read * digit <= converter.high());
}

/// Conversions that each ADC of a pair makes one after another for `columns` columns.
inline int conversion_rounds(const AdcConfig& adc, int columns) {
  return (columns + adc.per_pair - 1) / adc.per_pair;
}

/// Times that the word lines are driven for one read: once where the columns are held,
/// else for every round of conversions.
inline int drives_of_step(const PeConfig& pe, int columns) {
  return pe.sample_hold.present ? 1 : conversion_rounds(pe.adc, columns);
}

}  // namespace kirchhoff::hw
