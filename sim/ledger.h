#pragma once

#include <vector>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// What a policy allocates for one layer. Rows and columns of a crossbar that no weight uses stay
/// switched off, and so do the DACs, sample-and-holds and ADCs that serve them.
struct Allocation {
  int pes = 0;
  int pairs = 0;    ///< crossbar pairs: slices summed over the blocks
  int dacs = 0;     ///< used rows x pairs
  int columns = 0;  ///< used columns x pairs: sample-and-hold cells
  int adcs = 0;     ///< min(used columns, adc.per_pair) x pairs
  int tiles = 0;
  double routers = 0;  ///< a router that n tiles share counts 1/n for each of them
  double links = 0;    ///< output links of its tiles' routers, shared likewise
};

/// The energy of a layer as counts times constants (docs/costs.md has the same table): events of
/// its tiles, its flits (counters "router_flits" and "link_flits"), and leakage of what it
/// allocates over the whole latency.
std::vector<EnergyEntry> energy_entries(const hw::ChipConfig& config, const Allocation& allocation,
                                        const std::map<std::string, std::uint64_t>& counters,
                                        double latency_ns);

/// Rated power and area of what a layer allocates.
std::vector<InstanceEntry> instance_entries(const hw::ChipConfig& config,
                                            const Allocation& allocation);

}  // namespace kirchhoff::sim
