#pragma once

#include "mapping/mapping.h"

namespace kirchhoff::mapping {

/// Rounds of a network that takes more tiles than the chip has: in the order of the layers, as many
/// whole layers as fit; of a layer that is larger than the chip, as many of its parts. The first
/// one has no tile if there is none. `room`: tiles of the chip; 0: there is but one round.
IndexedVector<RoundId, IdRange<LogicalTile>> rounds_of(const Mapping& mapping, int room);

}  // namespace kirchhoff::mapping
