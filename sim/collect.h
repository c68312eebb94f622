#pragma once

#include <cstdint>

#include "hw/chip/chip.h"
#include "mapping/mapping.h"
#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// What the blocks of a layer on logical tile `tile` allocate; its router's links not included.
Allocation allocation_of(const hw::ChipConfig& config, const mapping::LayerMapping& layer,
                         int tile);

/// The report of a run from what the chip counted: tile by tile, then summed over every layer.
/// `config` has its mesh resolved. RunError when a tile refuses to show its counters.
CostReport collect_report(hw::Chip& chip, const hw::ChipConfig& config,
                          const quant::Network& network, const quant::Policy& policy,
                          const mapping::Mapping& mapping);

}  // namespace kirchhoff::sim
