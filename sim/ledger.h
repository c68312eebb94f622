#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// What a policy allocates for one layer.
struct Allocation {
  int blocks = 0;  ///< = PEs
  int slices = 0;  ///< crossbar pairs per block
  int tiles = 0;
  int links = 0;   ///< output links of its tiles' routers
};

/// The energy of a layer as counts times constants (docs/costs.md has the same table): events of its tiles, its flits
/// (counters "router_flits" and "link_flits"), and leakage of what it allocates over the whole latency.
std::vector<EnergyEntry> energy_entries(const hw::ChipConfig& config, const Allocation& allocation,
                                        const std::map<std::string, std::uint64_t>& counters, double latency_ns);

/// Rated power and area of what a layer allocates.
std::vector<InstanceEntry> instance_entries(const hw::ChipConfig& config, const Allocation& allocation);

}  // namespace kirchhoff::sim
