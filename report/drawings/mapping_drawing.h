#pragma once

#include <string>

#include "mapping/mapping.h"
#include "quant/network/network.h"

namespace kirchhoff::report {

/// The mesh with the layer that each tile holds, its PEs and what its buffer needs, as SVG; one
/// mesh for every round of a chip that is smaller than the network. Colours repeat after seven
/// layers: names are in the tiles, or where the pointer rests on them.
std::string mapping_drawing(const quant::Network& network, const quant::Policy& policy,
                            const mapping::Mapping& mapping);

}  // namespace kirchhoff::report
