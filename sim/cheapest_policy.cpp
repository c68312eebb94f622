#include "sim/cheapest_policy.h"

#include <algorithm>
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

/// A pair of widths of one layer.
struct Option {
  quant::LayerBits bits;
  Sums sums;
};

/// A choice for all layers up to one.
struct Partial {
  Sums sums;
  std::size_t before = 0;  ///< index among those of the layer before
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

/// All pairs of widths that a layer may have, fewest bits first, without those that another beats.
std::vector<Option> options_of(const Chooser& chooser, quant::LayerId layer,
                               const quant::LayerBits& base, const FreeBits& free, int lowest,
                               int highest) {
  std::vector<Option> options;
  for (int w = free.weight ? lowest : base.weight; w <= (free.weight ? highest : base.weight);
       ++w) {
    for (int a = free.activation ? lowest : base.activation;
         a <= (free.activation ? highest : base.activation); ++a)
      options.push_back({{w, a}, chooser.sums(layer, {w, a})});
  }
  drop_dominated(options);
  return options;
}

/// Of every layer.
using Options = IndexedVector<quant::LayerId, std::vector<Option>>;
using Choices = IndexedVector<quant::LayerId, std::size_t>;

/// A policy that no change of one layer makes cheaper, as indices of options.
Choices descended(const Chooser& chooser, const Options& options) {
  Choices chosen(options.size(), 0);
  Sums all;
  for (const auto& layer : options) all = all + layer.front().sums;
  for (bool lowered = true; lowered;) {
    lowered = false;
    for (const quant::LayerId l : options.ids()) {
      for (std::size_t o = 0; o < options[l].size(); ++o) {
        Choices next = chosen;
        next[l] = o;
        Sums sums;
        for (const quant::LayerId k : options.ids()) sums = sums + options[k][next[k]].sums;
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
                                             const IndexedVector<quant::LayerId, FreeBits>& free,
                                             int lowest, int highest, const UnitCosts& costs) {
  const Chooser chooser(table, costs);
  Options options;
  for (const quant::LayerId l : base.layers.ids())
    options.push_back(options_of(chooser, l, base.layers[l], free.at(l), lowest, highest));

  Choices chosen = descended(chooser, options);
  Sums known;
  for (const quant::LayerId l : options.ids()) known = known + options[l][chosen[l]].sums;
  const double limit = chooser.cost(known);

  // The least that the layers from l on can add to each sum.
  IndexedVector<quant::LayerId, Sums> rest(options.size() + 1);
  for (quant::LayerId l = options.end_id(); l != quant::LayerId{};) {
    l = preceding(l);
    constexpr double kNone = std::numeric_limits<double>::infinity();
    Sums least{kNone, kNone, kNone};
    for (const Option& option : options[l]) {
      least.linear = std::min(least.linear, option.sums.linear);
      least.latency = std::min(least.latency, option.sums.latency);
      least.leakage = std::min(least.leakage, option.sums.leakage);
    }
    rest[l] = rest[following(l)] + least;
  }

  // Of the layers before one: before the first there is one choice, of nothing.
  IndexedVector<quant::LayerId, std::vector<Partial>> partial(1, {Partial{}});
  for (const quant::LayerId l : options.ids()) {
    std::vector<Partial> next;
    for (std::size_t p = 0; p < partial.back().size(); ++p) {
      for (std::size_t o = 0; o < options[l].size(); ++o) {
        const Sums sums = partial.back()[p].sums + options[l][o].sums;
        if (chooser.cost(sums + rest[following(l)]) < limit) next.push_back({sums, p, o});
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
    for (quant::LayerId l = options.end_id(); l != quant::LayerId{};) {
      const Partial& last = partial[l][at];
      l = preceding(l);
      chosen[l] = last.option;
      at = last.before;
    }
  }
  quant::Policy policy = base;
  for (const quant::LayerId l : options.ids()) policy.layers[l] = options[l][chosen[l]].bits;
  return policy;
}

bool more_bits_never_cost_less(const CostTable& table,
                               const IndexedVector<quant::LayerId, FreeBits>& free, int lowest,
                               int highest, const UnitCosts& costs) {
  const Chooser chooser(table, costs);
  for (const quant::LayerId l : free.ids()) {
    if (!free[l].weight && !free[l].activation) continue;
    const auto rises = [&](const quant::LayerBits& from, const quant::LayerBits& to) {
      const Sums a = chooser.sums(l, from), b = chooser.sums(l, to);
      return a.linear <= b.linear && a.latency <= b.latency && a.leakage <= b.leakage;
    };
    for (int w = lowest; w <= highest; ++w) {
      for (int a = lowest; a <= highest; ++a) {
        if (w < highest && !rises({w, a}, {w + 1, a})) return false;
        if (a < highest && !rises({w, a}, {w, a + 1})) return false;
      }
    }
  }
  return true;
}

}  // namespace kirchhoff::sim
