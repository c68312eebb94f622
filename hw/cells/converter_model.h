#pragma once

#include "base/staircase.h"
#include "hw/cells/array_place.h"
#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

/// What the ADCs of a chip make of a column's value: a pure function of seed, pair, ADC and value,
/// with the same bits on every processor.
class ConverterModel {
 public:
  /// `pe` must be valid.
  explicit ConverterModel(const PeConfig& pe)
      : adc_(pe.adc), encoding_(pe.encoding), seed_(pe.cells.seed) {}

  /// Of ADC `number` of the pair that holds `pair` (its `negative` is not looked at): a value, in
  /// parts of a level (CellsConfig), that reaches s thresholds has the code low - 1 + s, within
  /// [low, high]; beyond them the code saturates. There are 2^bits + 1 thresholds.
  base::Staircase transfer(ArrayPlace pair, int number) const;

 private:
  const AdcConfig adc_;
  const Encoding encoding_;
  const int seed_;
};

}  // namespace kirchhoff::hw
