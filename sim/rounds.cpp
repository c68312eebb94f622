#include "sim/rounds.h"

#include <algorithm>
#include <cstddef>

namespace kirchhoff::sim {

std::vector<Pass> passes_of(const mapping::Mapping& mapping, int images, hw::RoundOf round_of) {
  std::vector<Pass> passes;
  const bool together = mapping.rounds.size() == 1 || round_of == hw::RoundOf::kStream;
  const int images_of_pass = together ? images : 1;
  for (int first = 0; first < images; first += images_of_pass) {
    for (const mapping::RoundId round : mapping.rounds.ids())
      passes.push_back({round, first, images_of_pass});
  }
  return passes;
}

CellContents::CellContents(const mapping::Mapping& mapping)
    : mapping_(&mapping), holder_(mapping.mesh_width * mapping.mesh_height, -1) {
  for (const mapping::RoundId round : mapping.rounds.ids()) take(round);
  take(mapping::RoundId{0});
}

// What has no blocks leaves the crossbars of its tile as they are.
bool CellContents::has_cells(mapping::LogicalTile tile) const {
  return !mapping_->tiles[tile].blocks.empty();
}

bool CellContents::holds(mapping::LogicalTile tile) const {
  return holder_[mapping_->position[tile]] == index(tile);
}

std::vector<mapping::LogicalTile> CellContents::missing(mapping::RoundId round) const {
  std::vector<mapping::LogicalTile> tiles;
  for (const mapping::LogicalTile t : mapping_->rounds[round]) {
    if (has_cells(t) && !holds(t)) tiles.push_back(t);
  }
  return tiles;
}

std::vector<mapping::LogicalTile> CellContents::held() const {
  std::vector<mapping::LogicalTile> tiles;
  for (const mapping::LogicalTile t : mapping_->tiles.ids()) {
    if (has_cells(t) && holds(t)) tiles.push_back(t);
  }
  return tiles;
}

void CellContents::take(mapping::RoundId round) {
  for (const mapping::LogicalTile t : mapping_->rounds[round]) {
    if (has_cells(t)) holder_[mapping_->position[t]] = index(t);
  }
}

void schedule_writes(std::vector<CellWrite>& writes, int at_once) {
  const std::size_t writers = at_once == 0 ? writes.size() : static_cast<std::size_t>(at_once);
  std::vector<std::uint64_t> idle_from(writers, 0);
  std::vector<bool> begun(writes.size(), false);
  for (std::size_t n = 0; n < writes.size(); ++n) {
    const auto writer = std::min_element(idle_from.begin(), idle_from.end());
    std::uint64_t earliest = UINT64_MAX;
    for (std::size_t i = 0; i < writes.size(); ++i) {
      if (!begun[i]) earliest = std::min(earliest, writes[i].free_ps);
    }
    const std::uint64_t now = std::max(*writer, earliest);
    std::size_t next = 0;
    while (begun[next] || writes[next].free_ps > now) ++next;
    begun[next] = true;
    writes[next].begin_ps = now;
    *writer = writes[next].end_ps();
  }
}

}  // namespace kirchhoff::sim
