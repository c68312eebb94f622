#pragma once

#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// How well a layer uses what it has. Shares lie in [0, 1].
struct LayerHealth {
  std::string name;
  std::uint64_t clipped = 0;          ///< conversions that saturated; 0 unless integers flow
  double clipped_share = 0;           ///< of all conversions
  double cells = 0;                   ///< used cells of those in the crossbars that it reads
  double crossbars = 0;               ///< pairs that hold a slice, of those in its PEs
  double pes = 0;                     ///< PEs that hold a block, of those in its tiles
  double pe_busy = 0;                 ///< ideal time of its bit steps in the duration of the run
  double pe_busy_own = 0;             ///< the same in the layer's own latency
  double adc_busy = 0;                ///< conversions in the duration of the run
  long long buffer_bits = 0;          ///< most bits that lay in one of its tiles' eDRAM buffers
  double buffer = 0;                  ///< that, of the buffer's capacity
  std::uint64_t partial_windows = 0;  ///< most windows of partial sums that a tile held
};

/// Load of the links that leave a router.
struct RouterHealth {
  std::uint64_t flits = 0, link_flits = 0, stall_cycles = 0;
  double link_load = 0;  ///< flits of what its links can carry in the duration of the run
};

/// Load of a link between two routers, in its direction.
struct LinkHealth {
  hw::RouterId from{}, to{};
  std::uint64_t flits = 0, stall_cycles = 0;
  double load = 0;  ///< flits of what it can carry in the duration of the run
};

struct Health {
  IndexedVector<quant::LayerId, LayerHealth> layers;
  std::vector<LinkHealth> links;
  IndexedVector<hw::RouterId, RouterHealth> routers;
  std::vector<std::string> warnings;
};

Health health_of(const CostReport& report, const hw::ChipConfig& config);
/// Tables for a terminal, the load map as a picture of the mesh.
std::string health_text(const Health& health, const CostReport& report);

}  // namespace kirchhoff::sim
