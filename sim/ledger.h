#pragma once

#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "hw/config/component.h"
#include "hw/config/scaling.h"
#include "sim/report.h"

namespace kirchhoff::sim {

/// Time whose leakage a layer pays that computes for `layer_ns` under chip.unused = gated_layers:
/// that, the time in which it wakes up, and the time whose leakage a wake-up costs.
double awake_ns(const hw::ChipConfig& config, double layer_ns);

/// What a tile alone costs: flits belong to layers.
struct TileTotals {
  double energy_pj = 0, power_rated_mw = 0, area_um2 = 0;
};

/// The cost tables of the components (hw/config/components.h) at the prices of one chip.
class Ledger {
 public:
  explicit Ledger(const hw::ChipConfig& config);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// The energy of a layer or a tile as counts times constants: events of the tiles, the layer's
  /// flits, and leakage of what is allocated over the whole run, or over the layer's own latency
  /// and its wake-up for what chip.unused = gated_layers switches off. A counter that is missing
  /// has no entry.
  std::vector<EnergyEntry> energy(const Allocation& allocation, const Counters& counters,
                                  double run_ns, double layer_ns) const;
  /// Rated power and area of an allocation.
  std::vector<InstanceEntry> instances(const Allocation& allocation) const;
  TileTotals tile_totals(const TileReport& tile, double run_ns) const;

 private:
  /// What one of an event, or one instance, costs on this chip.
  struct EventPrice {
    std::string counter, key;
    double pj;
  };
  struct Prices {
    const hw::Component* component;
    std::vector<EventPrice> events;
    double leak_mw, rated_mw, area_um2;
  };

  const hw::ChipConfig config_;
  const hw::ConfigNumbers keys_{config_};
  std::vector<Prices> prices_;
};

}  // namespace kirchhoff::sim
