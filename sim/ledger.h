#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// The energy of a layer or a tile as counts times constants (docs/costs.md has the same table):
/// events of the tiles, the layer's flits (counters "router_flits" and "link_flits"), and leakage
/// of what is allocated over the whole run, or over the layer's own latency and its wake-up for
/// what chip.unused = gated_layers switches off. A counter that is missing has no entry.
std::vector<EnergyEntry> energy_entries(const hw::ChipConfig& config, const Allocation& allocation,
                                        const Counters& counters, double run_ns, double layer_ns);

/// What a layer that computes for `layer_ns` leaks for under chip.unused = gated_layers: that, the
/// time in which it wakes up, and the time whose leakage a wake-up costs.
double awake_ns(const hw::ChipConfig& config, double layer_ns);

/// Rated power and area of an allocation.
std::vector<InstanceEntry> instance_entries(const hw::ChipConfig& config,
                                            const Allocation& allocation);

/// What a tile alone costs: flits belong to layers.
struct TileTotals {
  double energy_pj = 0, power_rated_mw = 0, area_um2 = 0;
};
TileTotals tile_totals(const hw::ChipConfig& config, const TileReport& tile, double run_ns);

}  // namespace kirchhoff::sim
