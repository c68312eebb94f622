#include "mapping/rounds.h"

namespace kirchhoff::mapping {

IndexedVector<RoundId, IdRange<LogicalTile>> rounds_of(const Mapping& mapping, int room) {
  IndexedVector<RoundId, IdRange<LogicalTile>> rounds;
  LogicalTile begin{}, end{};
  for (const LayerMapping& layer : mapping.layers) {
    for (const int tiles : layer.part_tiles) {
      if (room > 0 && index(end) + tiles - index(begin) > room) {
        rounds.emplace_back(begin, end);
        begin = end;
      }
      end = LogicalTile{index(end) + tiles};
    }
  }
  rounds.emplace_back(begin, end);
  return rounds;
}

}  // namespace kirchhoff::mapping
