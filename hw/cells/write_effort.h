#pragma once

#include "hw/config/cells_config.h"

namespace kirchhoff::hw {

/// How often cells are written until they are near enough to their targets, or as often as
/// `cells.verify_pulses` allows: expected numbers over all levels, which are taken to be equally
/// frequent. 1 without verification.
struct WriteEffort {
  double of_cell = 1.0;
  double of_row = 1.0;  ///< whose cells are written at once until the last one is done
};

WriteEffort write_effort(const CellsConfig& cells, int cell_bits, int cells_of_row);

}  // namespace kirchhoff::hw
