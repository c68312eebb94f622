#include "sim/ledger.h"

#include "hw/config/components.h"

namespace kirchhoff::sim {

double awake_ns(const hw::ChipConfig& config, double layer_ns) {
  return layer_ns + config.wake.nanoseconds() + config.wake_leak.nanoseconds();
}

Ledger::Ledger(const hw::ChipConfig& config) : config_(config) {
  const auto value = [&](const std::optional<hw::Rate>& rate) {
    return rate ? rate->value(keys_) : 0;
  };
  for (const hw::Component& component : hw::components()) {
    if (component.present && !component.present({keys_})) continue;
    Prices prices{
        &component, {}, value(component.leak), component.rated.value(keys_), value(component.area)};
    for (const hw::CostEvent& event : component.events) {
      if (!event.energy || (event.charged && !event.charged({keys_}))) continue;
      prices.events.push_back({event.counter, event.energy->key, event.energy->value(keys_)});
    }
    prices_.push_back(std::move(prices));
  }
}

std::vector<EnergyEntry> Ledger::energy(const Allocation& allocation, const Counters& counters,
                                        double run_ns, double layer_ns) const {
  const bool layers_sleep = config_.unused == hw::Unused::kGatedLayers;
  std::vector<EnergyEntry> entries;
  for (const Prices& prices : prices_) {
    const hw::Component& component = *prices.component;
    for (const EventPrice& event : prices.events) {
      const auto count = counters.find(event.counter);
      if (count == counters.end()) continue;
      entries.push_back({component.name, event.counter, static_cast<double>(count->second),
                         event.pj, event.key, 0});
    }
    if (!component.leak) continue;
    // Weights are non-volatile: what holds nothing while its layer waits may be switched off.
    const bool sleeps = layers_sleep && component.sleeps;
    const double instances = component.instances.value({keys_, &allocation});
    entries.push_back({component.name, sleeps ? "leakage_awake" : "leakage",
                       instances * (sleeps ? awake_ns(config_, layer_ns) : run_ns), prices.leak_mw,
                       component.leak->key, instances});
  }
  return entries;
}

std::vector<InstanceEntry> Ledger::instances(const Allocation& allocation) const {
  std::vector<InstanceEntry> entries;
  for (const Prices& prices : prices_) {
    const hw::Component& component = *prices.component;
    entries.push_back({component.name, component.instances.value({keys_, &allocation}),
                       prices.rated_mw, prices.area_um2, component.rated.key,
                       component.area ? component.area->key : ""});
  }
  return entries;
}

TileTotals Ledger::tile_totals(const TileReport& tile, double run_ns) const {
  TileTotals totals;
  for (const EnergyEntry& e : energy(tile.allocation, tile.counters, run_ns, tile.layer_ns))
    totals.energy_pj += e.energy_pj();
  for (const InstanceEntry& e : instances(tile.allocation)) {
    totals.power_rated_mw += e.power_mw();
    totals.area_um2 += e.area_um2();
  }
  return totals;
}

}  // namespace kirchhoff::sim
