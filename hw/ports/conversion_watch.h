#pragma once

#include <functional>

#include "hw/ports/bit_step.h"

namespace kirchhoff::hw {

/// What the ADCs of one pair deliver at a time.
struct Conversions {
  int block = 0;         ///< of the PE
  int bit = 0;           ///< lowest activation bit of the step's digit
  int first_row = 0;     ///< of the block, that is read
  int slice = 0;         ///< of the block: 0 is the least significant
  int first_column = 0;  ///< of the block, that `codes` begin with
  /// In units of cell levels (code x lsb). Where there is a unit column, it follows the block's
  /// last.
  const Columns& codes;
};

/// Sees the conversions of a PE while integers flow. Instrumentation: nothing depends on it.
using ConversionWatch = std::function<void(const Conversions&)>;

}  // namespace kirchhoff::hw
