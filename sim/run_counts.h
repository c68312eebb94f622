#pragma once

#include <cstdint>
#include <vector>

#include "hw/chip/chip.h"
#include "mapping/mapping.h"
#include "sim/report.h"
#include "sim/rounds.h"

namespace kirchhoff::sim {

/// A pass that is over.
struct PassTimes {
  Pass pass;
  std::uint64_t begin_ps = 0, quiet_ps = 0;   ///< until nothing moved any more
  std::uint64_t end_ps = 0;                   ///< and the cells of the next round were written, too
  std::vector<mapping::LogicalTile> written;  ///< for the next round
  std::uint64_t between_rounds_bits = 0;  ///< of activations to and from the outside, without image
};

/// What the chip counted in a run, over all its passes. Cycles of a tile count from the first pass
/// on; what a tile did in a round that another tile's place had before is its own.
struct RunCounts {
  std::vector<PassTimes> passes;
  std::vector<hw::ImageTimes> times;  ///< by image
  IndexedVector<mapping::LogicalTile, Counters> tiles;
  hw::NocCounters noc;

  RunCounts(const mapping::Mapping& mapping, int images);
  /// Reads the chip after a pass. RunError when a tile refuses to show its counters.
  void add(hw::Chip& chip, const mapping::Mapping& mapping, const PassTimes& pass);
};

}  // namespace kirchhoff::sim
