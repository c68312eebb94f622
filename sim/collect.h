#pragma once

#include <cstdint>

#include "hw/chip/chip.h"
#include "mapping/mapping.h"
#include "quant/network/network.h"
#include "quant/network/policy.h"
#include "sim/ledger.h"
#include "sim/report.h"
#include "sim/run_counts.h"

namespace kirchhoff::sim {

/// What the blocks of a layer on logical tile `tile` allocate; its router's links not included.
Allocation allocation_of(const hw::ChipConfig& config, const mapping::LayerMapping& layer,
                         mapping::LogicalTile tile);
/// All that the tile, which lies at `place`, allocates for its `share`: its part of routers and
/// links, too.
Allocation allocation_at(const hw::ChipConfig& config, const hw::Topology& topology,
                         const mapping::LayerMapping& layer, const mapping::TileShare& share,
                         mapping::LogicalTile tile, hw::TileId place);

/// Everything that the chip has, links included. `config` has its mesh resolved.
Allocation chip_allocation(const hw::ChipConfig& config);

/// What `used` leaves of the chip, with its leakage over `duration_ns`; empty when it is gated.
UnusedReport unused_hardware(const hw::ChipConfig& config, const Ledger& ledger,
                             const Allocation& used, double duration_ns);

/// The report of a run from what the chip counted: tile by tile, then summed over every layer.
/// `config` has its mesh resolved; `ledger` is of what is charged.
CostReport collect_report(const hw::Chip& chip, const hw::ChipConfig& config, const Ledger& ledger,
                          const quant::Network& network, const quant::Policy& policy,
                          const mapping::Mapping& mapping, const RunCounts& run);

}  // namespace kirchhoff::sim
