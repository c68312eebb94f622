#include "sim/start_tile.h"

#include <fmt/core.h>

#include "base/error.h"
#include "hw/config/register_map.h"

namespace kirchhoff::sim {

void start_tile(hw::Chip& chip, hw::TileId tile) {
  const std::uint32_t start = hw::reg::kStart;
  if (!chip.host().write(hw::reg::base_of(tile) + hw::reg::kControl, &start, 4)) {
    throw RunError(
        fmt::format("tile {} refused to start: its descriptors do not fit", index(tile)));
  }
}

}  // namespace kirchhoff::sim
