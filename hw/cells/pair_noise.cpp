#include "hw/cells/pair_noise.h"

#include <cmath>

#include "hw/cells/draws.h"
#include "hw/config/encoding.h"

namespace kirchhoff::hw {

static_assert(base::kNoisePoint == CellsConfig::kFractionBits);

NoiseModel::NoiseModel(const PeConfig& pe)
    : seed_(pe.cells.seed),
      reading_(pe.cells.reading),
      relative_(static_cast<float>(pe.cells.read_noise)),
      thermal_(static_cast<float>(
          std::ldexp(pe.adc.errors.noise_lsb * pe.adc.lsb, CellsConfig::kFractionBits))) {
  if (pe.cells.noise_law == NoiseLaw::kProportional) return;
  const double ratio = pe.cells.on_off_ratio, window = ratio > 0 ? 1.0 - 1.0 / ratio : 1.0;
  const double largest = top_level(pe.crossbar.cell_bits) / window;  // in steps between levels
  same_for_all_ = static_cast<std::int32_t>(
      base::noise_square(std::llround(std::ldexp(largest, CellsConfig::kFractionBits))));
}

base::NoiseKey NoiseModel::key(const ArrayPlace& pair) const {
  return noise_key(seed_, pair, reading_);
}

}  // namespace kirchhoff::hw
