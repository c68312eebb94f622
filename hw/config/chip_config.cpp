#include "hw/config/chip_config.h"

#include <cmath>

#include <fmt/core.h>

#include "traces/error.h"

namespace kirchhoff::hw {

void ChipConfig::validate() const {
  const double sum = cost.alpha + cost.beta + cost.gamma;
  if (std::abs(sum - 1.0) > 1e-9) {
    throw InputError(fmt::format("cost.alpha + cost.beta + cost.gamma = {}: must be 1", sum));
  }
  if ((mesh_width == 0) != (mesh_height == 0)) {
    throw InputError(
        fmt::format("chip.mesh_width = {}, chip.mesh_height = {}: give both, or 0 for both",
                    mesh_width, mesh_height));
  }
  const int cell_bits = tile.pe.crossbar.cell_bits;
  if (cell_bits != 1 && cell_bits != 2 && cell_bits != 4) {
    throw InputError(fmt::format("crossbar.cell_bits = {}: must be 1, 2 or 4", cell_bits));
  }
  if (tile.pe.adc.per_pair > tile.pe.crossbar.cols) {
    throw InputError(fmt::format("adc.per_pair = {}: must be in [1, crossbar.cols = {}]",
                                 tile.pe.adc.per_pair, tile.pe.crossbar.cols));
  }
  if (tile.tile_register_bytes < 4 * tile.pe.crossbar.cols) {
    throw InputError(
        fmt::format("tile_register.bytes = {}: must hold one 32-bit sum per column, at least {}",
                    tile.tile_register_bytes, 4 * tile.pe.crossbar.cols));
  }
}

}  // namespace kirchhoff::hw
