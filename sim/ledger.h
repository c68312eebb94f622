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
  /// energy() of a tile that is on the chip for `held_ns`, or for the whole run if that is 0.
  std::vector<EnergyEntry> energy(const TileReport& tile, double run_ns) const;
  /// energy() of a layer whose tiles may be on the chip for different times.
  std::vector<EnergyEntry> energy(const LayerReport& layer, double run_ns) const;

  // The same as numbers, for those who price thousands of layers.

  /// Names of the counters that are charged.
  const std::vector<std::string>& charged() const { return charged_; }
  /// Instances of every component.
  std::vector<double> instance_counts(const Allocation& allocation) const;
  /// LayerReport::energy_pj() of energy(), to the last bit. `counts`: of charged(); `instances`:
  /// instance_counts().
  double energy_pj(const std::vector<double>& instances, const std::vector<std::uint64_t>& counts,
                   double run_ns, double layer_ns) const;

 private:
  /// What one of an event, or one instance, costs on this chip.
  struct EventPrice {
    std::string counter, key;
    double pj;
    std::size_t charged;  ///< place in charged_
  };
  struct Prices {
    const hw::Component* component;
    std::vector<EventPrice> events;
    double leak_mw, rated_mw, area_um2;

    bool sleeps(const hw::ChipConfig& config) const {
      return config.unused == hw::Unused::kGatedLayers && component->sleeps;
    }
  };
  std::size_t place_in_charged(const std::string& counter);

  const hw::ChipConfig config_;
  const hw::ConfigNumbers keys_{config_};
  std::vector<Prices> prices_;
  std::vector<std::string> charged_;
  std::vector<std::size_t> by_name_;  ///< prices_ in the order in which reports sum them
};

}  // namespace kirchhoff::sim
