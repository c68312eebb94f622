#pragma once

#include "hw/chip/chip.h"

namespace kirchhoff::sim {

/// START. RunError when the tile's descriptors do not fit it.
void start_tile(hw::Chip& chip, hw::TileId tile);

}  // namespace kirchhoff::sim
