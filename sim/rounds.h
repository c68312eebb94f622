#pragma once

#include <cstdint>
#include <vector>

#include "hw/config/chip_config.h"
#include "mapping/mapping.h"

namespace kirchhoff::sim {

/// A round (mapping/rounds.h) that the chip passes once, with some images of a stream.
struct Pass {
  mapping::RoundId round{};
  int first_image = 0, images = 1;
};

/// In the order in which a stream of `images` takes them: every image passes all rounds, or (or
/// where there is but one round) all images pass every round.
std::vector<Pass> passes_of(const mapping::Mapping& mapping, int images, hw::RoundOf round_of);

/// Whose cells the crossbars of a place hold.
class CellContents {
 public:
  CellContents() = default;
  /// As a run leaves the chip: the first round is there, and where it has no cells, what was
  /// written last. So the next run finds the chip as this one did. Keeps a reference.
  explicit CellContents(const mapping::Mapping& mapping);

  /// Tiles of a round whose cells have to be written.
  std::vector<mapping::LogicalTile> missing(mapping::RoundId round) const;
  bool holds(mapping::LogicalTile tile) const;
  /// All tiles whose cells are there.
  std::vector<mapping::LogicalTile> held() const;
  /// The cells of a round are written.
  void take(mapping::RoundId round);

 private:
  bool has_cells(mapping::LogicalTile tile) const;

  const mapping::Mapping* mapping_ = nullptr;
  IndexedVector<hw::TileId, int> holder_;  ///< number of the logical tile; -1: erased
};

/// The cells of a tile that is written as soon as it is free and one of the writers is.
struct CellWrite {
  std::uint64_t free_ps = 0;  ///< when the tile needs what it holds no longer
  std::uint64_t takes_ps = 0;
  std::uint64_t begin_ps = 0;  ///< of the writing; schedule_writes() says it
  std::uint64_t end_ps() const { return begin_ps + takes_ps; }
};

/// Of tiles that are free, the first in their order is written first; `at_once` tiles at a time, 0:
/// all. Nothing else is held up by that.
void schedule_writes(std::vector<CellWrite>& writes, int at_once);

}  // namespace kirchhoff::sim
