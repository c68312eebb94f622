#pragma once

#include <cstdint>

#include "base/conversion_noise.h"
#include "hw/cells/array_place.h"

namespace kirchhoff::hw {

/// What a draw is for; its number is part of the generator's key.
enum class Purpose : std::uint32_t {
  kLevel,
  kStuck,
  kConverterLine,
  kConverterCurve,
  kConverterStep,
  kNoise
};

/// Rows and columns, a unit column's included, are below this, which stands for all of them.
inline constexpr int kAllCells = 2047;

/// Two numbers in (0, 1), never at its ends.
struct Draws {
  double first, second;
};

/// Which draw it is, beside the array's name.
struct DrawName {
  Purpose purpose{};
  int row = 0, column = 0;  ///< below 2^11
  int programming = 0;      ///< below 2^16
  int write = 0;            ///< below 2^24
};

/// Philox 4x32-10 (Salmon et al., SC 2011): the counter says which cell and what for, the key which
/// chip.
Draws draw(int seed, const ArrayPlace& array, const DrawName& name);
/// What names the noise of a pair's conversions (its `negative` is not looked at) in one reading of
/// the chip, which is below 2^16.
base::NoiseKey noise_key(int seed, ArrayPlace pair, int reading);

}  // namespace kirchhoff::hw
