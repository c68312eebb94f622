#include "sim/ledger.h"

#include <algorithm>
#include <numeric>

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
      prices.events.push_back({event.counter, event.energy->key, event.energy->value(keys_),
                               place_in_charged(event.counter)});
    }
    prices_.push_back(std::move(prices));
  }
  by_name_.resize(prices_.size());
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  std::sort(by_name_.begin(), by_name_.end(), [&](std::size_t a, std::size_t b) {
    return prices_[a].component->name < prices_[b].component->name;
  });
}

std::size_t Ledger::place_in_charged(const std::string& counter) {
  const auto found = std::find(charged_.begin(), charged_.end(), counter);
  const auto place = static_cast<std::size_t>(found - charged_.begin());
  if (found == charged_.end()) charged_.push_back(counter);
  return place;
}

std::vector<EnergyEntry> Ledger::energy(const Allocation& allocation, const Counters& counters,
                                        double run_ns, double layer_ns) const {
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
    const bool sleeps = prices.sleeps(config_);
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

std::vector<double> Ledger::instance_counts(const Allocation& allocation) const {
  std::vector<double> instances;
  for (const Prices& prices : prices_)
    instances.push_back(prices.component->instances.value({keys_, &allocation}));
  return instances;
}

double Ledger::energy_pj(const std::vector<double>& instances,
                         const std::vector<std::uint64_t>& counts, double run_ns,
                         double layer_ns) const {
  double sum = 0;
  for (const std::size_t i : by_name_) {
    const Prices& prices = prices_[i];
    double of_component = 0;
    for (const EventPrice& event : prices.events)
      of_component += static_cast<double>(counts[event.charged]) * event.pj;
    if (prices.component->leak) {
      const double ns = prices.sleeps(config_) ? awake_ns(config_, layer_ns) : run_ns;
      of_component += instances[i] * ns * prices.leak_mw;
    }
    sum += of_component;
  }
  return sum;
}

std::vector<EnergyEntry> Ledger::energy(const TileReport& tile, double run_ns) const {
  if (tile.held_ns == 0) return energy(tile.allocation, tile.counters, run_ns, tile.layer_ns);
  return energy(tile.allocation, tile.counters, tile.held_ns,
                std::min(tile.layer_ns, tile.held_ns));
}

std::vector<EnergyEntry> Ledger::energy(const LayerReport& layer, double run_ns) const {
  auto entries = energy(layer.allocation, layer.counters, run_ns, layer.latency_ns);
  if (layer.tile_reports.front().held_ns == 0) return entries;
  std::vector<EnergyEntry*> leaks;
  for (EnergyEntry& entry : entries) {
    if (!entry.leaks()) continue;
    entry.count = 0;
    leaks.push_back(&entry);
  }
  for (const TileReport& tile : layer.tile_reports) {
    std::size_t i = 0;
    for (const EnergyEntry& entry : energy(tile, run_ns)) {
      if (entry.leaks()) leaks[i++]->count += entry.count;
    }
  }
  return entries;
}

TileTotals Ledger::tile_totals(const TileReport& tile, double run_ns) const {
  TileTotals totals;
  for (const EnergyEntry& e : energy(tile, run_ns)) totals.energy_pj += e.energy_pj();
  for (const InstanceEntry& e : instances(tile.allocation)) {
    totals.power_rated_mw += e.power_mw();
    totals.area_um2 += e.area_um2();
  }
  return totals;
}

}  // namespace kirchhoff::sim
