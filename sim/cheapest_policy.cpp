#include "sim/cheapest_policy.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace kirchhoff::sim {
namespace {

constexpr std::size_t kMostPartial = 20000;

/// Sums that make a cost: linear + product * latency * leakage.
struct Sums {
  double linear = 0, latency = 0, leakage = 0;
};

Sums operator+(const Sums& a, const Sums& b) {
  return {a.linear + b.linear, a.latency + b.latency, a.leakage + b.leakage};
}

/// Layers whose widths are chosen together, since they read one map.
using Unit = std::vector<quant::LayerId>;

/// Widths of the layers of a unit.
struct Option {
  std::vector<quant::LayerBits> bits;
  Sums sums;
};

/// A choice for all units up to one.
struct Partial {
  Sums sums;
  std::size_t before = 0;  ///< index among those of the unit before
  std::size_t option = 0;
};

/// Keeps what no other is at least as good as in all three sums; the first of equal ones.
template <typename Item>
void drop_dominated(std::vector<Item>& items) {
  std::stable_sort(items.begin(), items.end(), [](const Item& a, const Item& b) {
    if (a.sums.linear != b.sums.linear) return a.sums.linear < b.sums.linear;
    if (a.sums.latency != b.sums.latency) return a.sums.latency < b.sums.latency;
    return a.sums.leakage < b.sums.leakage;
  });
  std::map<double, double> leakage_at;  // falls as the latency, its key, rises
  std::vector<Item> kept;
  for (const Item& item : items) {
    auto next = leakage_at.upper_bound(item.sums.latency);
    if (next != leakage_at.begin() && std::prev(next)->second <= item.sums.leakage) continue;
    while (next != leakage_at.end() && next->second >= item.sums.leakage)
      next = leakage_at.erase(next);
    leakage_at[item.sums.latency] = item.sums.leakage;
    kept.push_back(item);
  }
  items = std::move(kept);
}

class Chooser {
 public:
  Chooser(const CostTable& table, const UnitCosts& costs)
      : table_(table), costs_(costs), product_(table.split_energy ? costs.energy : 0.0) {}

  Sums sums(quant::LayerId layer, const quant::LayerBits& bits) const {
    const CostTableEntry& e = *table_.find(layer, bits);
    Sums sums;
    sums.linear = costs_.latency * e.latency_ns + costs_.power * e.power_rated_mw +
                  costs_.energy * (table_.split_energy ? e.event_energy_pj : e.energy_pj);
    if (product_ > 0) {
      sums.latency = e.latency_ns;
      sums.leakage = e.leakage_mw;
    }
    return sums;
  }

  double cost(const Sums& sums) const {
    return sums.linear + product_ * std::max(0.0, sums.latency) * std::max(0.0, sums.leakage);
  }

 private:
  const CostTable& table_;
  const UnitCosts costs_;
  const double product_;
};

/// From where to where a width may be chosen.
struct Range {
  int lowest, highest;
  bool free;
  int fixed;
  int first() const { return free ? lowest : fixed; }
  int last() const { return free ? highest : fixed; }
};

std::vector<Unit> units_of(const FreeWidths& free) {
  std::vector<Unit> units;
  std::map<quant::TensorGroup, std::size_t> unit_of;
  for (const quant::LayerId l : free.ids()) {
    std::size_t unit = units.size();
    if (free[l].activation && free[l].map) unit = unit_of.emplace(*free[l].map, unit).first->second;
    if (unit == units.size()) units.emplace_back();
    units[unit].push_back(l);
  }
  return units;
}

/// All widths that the layers of a unit may have, fewest bits first, without those that others
/// beat.
std::vector<Option> options_of(const Chooser& chooser, const Unit& unit, const quant::Policy& base,
                               const FreeWidths& free, int lowest, int highest) {
  const auto weights = [&](quant::LayerId l) {
    return Range{lowest, highest, free[l].weight, base.layers[l].weight};
  };
  /// Adds the widths of one more layer to those of others.
  const auto extended = [&](const Option& option, quant::LayerId l, const quant::LayerBits& bits) {
    Option longer = option;
    longer.bits.push_back(bits);
    longer.sums = option.bits.empty() ? chooser.sums(l, bits) : option.sums + chooser.sums(l, bits);
    return longer;
  };
  const quant::LayerId first = unit.front();
  const Range of_map{lowest, highest, free[first].activation, base.layers[first].activation};
  const Range of_first = weights(first);
  std::vector<Option> options;
  for (int w = of_first.first(); w <= of_first.last(); ++w) {
    for (int a = of_map.first(); a <= of_map.last(); ++a) {
      std::vector<Option> whole = {extended({}, first, {w, a})};
      for (std::size_t i = 1; i < unit.size(); ++i) {
        const Range its = weights(unit[i]);
        std::vector<Option> longer;
        for (const Option& option : whole) {
          for (int its_w = its.first(); its_w <= its.last(); ++its_w)
            longer.push_back(extended(option, unit[i], {its_w, a}));
        }
        drop_dominated(longer);
        whole = std::move(longer);
      }
      options.insert(options.end(), whole.begin(), whole.end());
    }
  }
  drop_dominated(options);
  return options;
}

/// Of every unit.
using Options = std::vector<std::vector<Option>>;
using Choices = std::vector<std::size_t>;

/// A policy that no change of one unit makes cheaper, as indices of options.
Choices descended(const Chooser& chooser, const Options& options) {
  Choices chosen(options.size(), 0);
  Sums all;
  for (const auto& unit : options) all = all + unit.front().sums;
  for (bool lowered = true; lowered;) {
    lowered = false;
    for (std::size_t u = 0; u < options.size(); ++u) {
      for (std::size_t o = 0; o < options[u].size(); ++o) {
        Choices next = chosen;
        next[u] = o;
        Sums sums;
        for (std::size_t k = 0; k < options.size(); ++k) sums = sums + options[k][next[k]].sums;
        if (chooser.cost(sums) >= chooser.cost(all)) continue;
        chosen = next;
        all = sums;
        lowered = true;
      }
    }
  }
  return chosen;
}

}  // namespace

std::optional<quant::Policy> cheapest_policy(const CostTable& table, const quant::Policy& base,
                                             const FreeWidths& free, int lowest, int highest,
                                             const UnitCosts& costs) {
  const Chooser chooser(table, costs);
  const std::vector<Unit> units = units_of(free);
  Options options;
  for (const Unit& unit : units)
    options.push_back(options_of(chooser, unit, base, free, lowest, highest));

  Choices chosen = descended(chooser, options);
  Sums known;
  for (std::size_t u = 0; u < units.size(); ++u) known = known + options[u][chosen[u]].sums;
  const double limit = chooser.cost(known);

  // The least that the units from u on can add to each sum.
  std::vector<Sums> rest(units.size() + 1);
  for (std::size_t u = units.size(); u-- > 0;) {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    Sums least{kNone, kNone, kNone};
    for (const Option& option : options[u]) {
      least.linear = std::min(least.linear, option.sums.linear);
      least.latency = std::min(least.latency, option.sums.latency);
      least.leakage = std::min(least.leakage, option.sums.leakage);
    }
    rest[u] = rest[u + 1] + least;
  }

  // Of the units before one: before the first there is one choice, of nothing.
  std::vector<std::vector<Partial>> partial = {{Partial{}}};
  for (std::size_t u = 0; u < units.size(); ++u) {
    std::vector<Partial> next;
    for (std::size_t p = 0; p < partial.back().size(); ++p) {
      for (std::size_t o = 0; o < options[u].size(); ++o) {
        const Sums sums = partial.back()[p].sums + options[u][o].sums;
        if (chooser.cost(sums + rest[u + 1]) < limit) next.push_back({sums, p, o});
      }
    }
    drop_dominated(next);
    if (next.size() > kMostPartial) return std::nullopt;
    partial.push_back(std::move(next));
  }
  // None left: nothing is cheaper than what was known.
  const auto& whole = partial.back();
  if (!whole.empty()) {
    auto at = static_cast<std::size_t>(std::min_element(whole.begin(), whole.end(),
                                                        [&](const Partial& a, const Partial& b) {
                                                          return chooser.cost(a.sums) <
                                                                 chooser.cost(b.sums);
                                                        }) -
                                       whole.begin());
    for (std::size_t u = units.size(); u-- > 0;) {
      const Partial& last = partial[u + 1][at];
      chosen[u] = last.option;
      at = last.before;
    }
  }
  quant::Policy policy = base;
  for (std::size_t u = 0; u < units.size(); ++u) {
    for (std::size_t i = 0; i < units[u].size(); ++i)
      policy.layers[units[u][i]] = options[u][chosen[u]].bits[i];
  }
  return policy;
}

bool more_bits_never_cost_less(const CostTable& table, const FreeWidths& free, int lowest,
                               int highest, const UnitCosts& costs) {
  const Chooser chooser(table, costs);
  const auto weights = [&](quant::LayerId l) {
    return Range{lowest, highest, free[l].weight,
                 table.find(l, {0, highest}) != nullptr ? 0 : highest};
  };
  const auto map = [&](quant::LayerId l) {
    return Range{lowest, highest, free[l].activation, highest};
  };
  // What is dearer at `from` than at `to`, of the worst weights.
  const auto excess = [&](quant::LayerId l, int from, int to) {
    Sums most{-HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
    for (int w = weights(l).first(); w <= weights(l).last(); ++w) {
      const Sums a = chooser.sums(l, {w, from}), b = chooser.sums(l, {w, to});
      most = {std::max(most.linear, a.linear - b.linear),
              std::max(most.latency, a.latency - b.latency),
              std::max(most.leakage, a.leakage - b.leakage)};
    }
    return most;
  };
  for (const quant::LayerId l : free.ids()) {
    if (!free[l].weight) continue;
    for (int w = lowest; w < highest; ++w) {
      for (int a = map(l).first(); a <= map(l).last(); ++a) {
        const Sums from = chooser.sums(l, {w, a}), to = chooser.sums(l, {w + 1, a});
        if (from.linear > to.linear || from.latency > to.latency || from.leakage > to.leakage)
          return false;
      }
    }
  }
  for (const Unit& unit : units_of(free)) {
    if (!free[unit.front()].activation) continue;
    for (int a = lowest; a < highest; ++a) {
      Sums sum;
      for (const quant::LayerId l : unit) sum = sum + excess(l, a, a + 1);
      if (sum.linear > 0 || sum.latency > 0 || sum.leakage > 0) return false;
    }
  }
  return true;
}

}  // namespace kirchhoff::sim
