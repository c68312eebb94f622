#pragma once

#include <cstdint>

#include "base/conversion_noise.h"
#include "hw/cells/array_place.h"
#include "hw/config/pe_config.h"

namespace kirchhoff::hw {

/// What the noise of a chip is made of: of its cells' conductances and of its converters.
class NoiseModel {
 public:
  /// `pe` must be valid.
  explicit NoiseModel(const PeConfig& pe);

  /// Standard deviation of a cell's conductance: of itself, or of the largest, as square() counts.
  float relative() const { return relative_; }
  /// That of what a converter adds, in parts of a level (CellsConfig).
  float thermal() const { return thermal_; }
  /// What a driven cell that conducts so many parts of a level adds to its column's square.
  std::int32_t square(int conductance) const {
    return same_for_all_ >= 0 ? same_for_all_
                              : static_cast<std::int32_t>(base::noise_square(conductance));
  }
  /// What names the noise of a pair (its `negative` is not looked at).
  base::NoiseKey key(const ArrayPlace& pair) const;

 private:
  const int seed_, reading_;
  const float relative_, thermal_;
  std::int32_t same_for_all_ = -1;  ///< square; -1: every cell's own
};

/// Noise of the conversions of one pair, in parts of a level: a pure function of chip, pair, event
/// and column.
class PairNoise {
 public:
  PairNoise(const NoiseModel& model, const ArrayPlace& pair)
      : key_(model.key(pair)), relative_(model.relative()), thermal_(model.thermal()) {}

  bool reads() const { return relative_ > 0; }
  bool converts() const { return thermal_ > 0; }
  /// Of the current of a column whose driven cells' squares add up to `squares`.
  std::int32_t of_current(std::int64_t squares, const base::NoiseEvent& event, int column) const {
    return base::noise_parts(base::read_sigma(relative_, squares),
                             base::noise_deviate(key_, base::NoiseKind::kRead, event, column));
  }
  /// Of its conversion.
  std::int32_t of_conversion(const base::NoiseEvent& event, int column) const {
    return base::noise_parts(thermal_,
                             base::noise_deviate(key_, base::NoiseKind::kThermal, event, column));
  }

 private:
  base::NoiseKey key_;
  float relative_, thermal_;
};

}  // namespace kirchhoff::hw
