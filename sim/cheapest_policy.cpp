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

  Sums sums(std::size_t layer, const quant::LayerBits& bits) const {
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
std::vector<Option> options_of(const Chooser& chooser, std::size_t layer,
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

/// A policy that no change of one layer makes cheaper, as indices of options.
std::vector<std::size_t> descended(const Chooser& chooser,
                                   const std::vector<std::vector<Option>>& options) {
  std::vector<std::size_t> chosen(options.size(), 0);
  Sums all;
  for (const auto& layer : options) all = all + layer.front().sums;
  for (bool lowered = true; lowered;) {
    lowered = false;
    for (std::size_t l = 0; l < options.size(); ++l) {
      for (std::size_t o = 0; o < options[l].size(); ++o) {
        std::vector<std::size_t> next = chosen;
        next[l] = o;
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
                                             const std::vector<FreeBits>& free, int lowest,
                                             int highest, const UnitCosts& costs) {
  const Chooser chooser(table, costs);
  const std::size_t layers = base.layers.size();
  std::vector<std::vector<Option>> options;
  for (std::size_t l = 0; l < layers; ++l)
    options.push_back(options_of(chooser, l, base.layers[l], free.at(l), lowest, highest));

  std::vector<std::size_t> chosen = descended(chooser, options);
  Sums known;
  for (std::size_t l = 0; l < layers; ++l) known = known + options[l][chosen[l]].sums;
  const double limit = chooser.cost(known);

  // The least that the layers from l on can add to each sum.
  std::vector<Sums> rest(layers + 1);
  for (std::size_t l = layers; l-- > 0;) {
    constexpr double kNone = std::numeric_limits<double>::infinity();
    Sums least{kNone, kNone, kNone};
    for (const Option& option : options[l]) {
      least.linear = std::min(least.linear, option.sums.linear);
      least.latency = std::min(least.latency, option.sums.latency);
      least.leakage = std::min(least.leakage, option.sums.leakage);
    }
    rest[l] = rest[l + 1] + least;
  }

  std::vector<std::vector<Partial>> partial = {{{}}};
  for (std::size_t l = 0; l < layers; ++l) {
    std::vector<Partial> next;
    for (std::size_t p = 0; p < partial.back().size(); ++p) {
      for (std::size_t o = 0; o < options[l].size(); ++o) {
        const Sums sums = partial.back()[p].sums + options[l][o].sums;
        if (chooser.cost(sums + rest[l + 1]) < limit) next.push_back({sums, p, o});
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
    for (std::size_t l = layers; l-- > 0; at = partial[l + 1][at].before)
      chosen[l] = partial[l + 1][at].option;
  }
  quant::Policy policy = base;
  for (std::size_t l = 0; l < layers; ++l) policy.layers[l] = options[l][chosen[l]].bits;
  return policy;
}

bool more_bits_never_cost_less(const CostTable& table, const std::vector<FreeBits>& free,
                               int lowest, int highest, const UnitCosts& costs) {
  const Chooser chooser(table, costs);
  for (std::size_t l = 0; l < free.size(); ++l) {
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
