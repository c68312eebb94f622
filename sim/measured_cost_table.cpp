#include "sim/measured_cost_table.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "quant/network/tensors.h"

namespace kirchhoff::sim {
namespace {

using Shares = IndexedVector<quant::LayerId, CostTableEntry>;

/// A report as numbers per layer that add up to the whole chip's.
Shares shares_of(const CostReport& report, double period_ns) {
  Shares shares;
  const double parts = report.layers.size(), latency_ns = report.batch_totals().latency_ns;
  double before = 0;
  for (const LayerReport& layer : report.layers) {
    CostTableEntry share;
    // From the end of the layers before it to its own end.
    const double end =
        std::max(before, static_cast<double>(layer.counters.at("end_cycle")) * period_ns);
    share.latency_ns = end - before;
    before = end;
    for (const EnergyEntry& e : layer.energy) {
      if (e.event == "leakage") {
        // What is not there in every round leaks so much on average over the latency.
        share.leakage_mw +=
            report.rewriting.rounds.empty() ? e.instances * e.each_pj : e.energy_pj() / latency_ns;
      } else {
        share.event_energy_pj += e.energy_pj();
      }
    }
    for (const EnergyEntry& e : report.unused.energy)
      share.leakage_mw += e.instances * e.each_pj / parts;
    share.power_rated_mw = layer.power_rated_mw() + report.unused.power_rated_mw() / parts -
                           report.rewriting.shared_power_mw / parts;
    share.energy_pj = share.event_energy_pj + share.leakage_mw * latency_ns;
    shares.push_back(share);
  }
  shares.back().latency_ns += latency_ns - before;
  return shares;
}

CostTableEntry sum_of(const Shares& shares) {
  CostTableEntry sum;
  for (const CostTableEntry& share : shares) {
    sum.latency_ns += share.latency_ns;
    sum.energy_pj += share.energy_pj;
    sum.power_rated_mw += share.power_rated_mw;
    sum.event_energy_pj += share.event_energy_pj;
    sum.leakage_mw += share.leakage_mw;
  }
  return sum;
}

/// Adds what costs change from one to the other.
void add_change(CostTableEntry& entry, const CostTableEntry& from, const CostTableEntry& to) {
  entry.latency_ns += to.latency_ns - from.latency_ns;
  entry.energy_pj += to.energy_pj - from.energy_pj;
  entry.power_rated_mw += to.power_rated_mw - from.power_rated_mw;
  entry.event_energy_pj += to.event_energy_pj - from.event_energy_pj;
  entry.leakage_mw += to.leakage_mw - from.leakage_mw;
}

/// What is measured for one map: the layers that read it and their shares by its width.
class Table {
 public:
  Table(const quant::Network& network, int lowest, int highest, const Measure& measure,
        const std::function<void(std::size_t, std::size_t)>& progress)
      : network_(network),
        tensors_(network),
        lowest_(lowest),
        highest_(highest),
        measure_(measure),
        progress_(progress),
        reference_(quant::Policy::uniform(network, 8, 8)) {}

  CostTable take() {
    const CostReport report = measure_(reference_);
    period_ns_ = 1000.0 / report.tile_mhz;
    shares_ = shares_of(report, period_ns_);
    table_.split_energy = true;
    table_.header["network"] = network_.name;
    const CostTotals totals = report.batch_totals();
    table_.header["reference"] =
        fmt::format("W8A8, latency_ns = {}, energy_pj = {}, power_rated_mw = {}", totals.latency_ns,
                    totals.energy_pj, totals.power_rated_mw);
    for (const quant::LayerId l : network_.layers.ids()) {
      table_.set(l, {network_.layers[l].has_weights() ? 8 : 0, 8}, shares_[l]);
      table_.names[l] = network_.layers[l].name;
    }
    const auto pairs = static_cast<std::size_t>(highest_ - lowest_ + 1);
    const std::size_t eight = lowest_ <= 8 && highest_ >= 8 ? 1 : 0;  // W8A8 is there already
    wanted_ = network_.weight_layers().size() * (pairs * pairs - eight);
    for (const quant::LayerId l : network_.weight_layers()) add_layer(l);
    for (const quant::LayerId l : network_.layers.ids()) {
      if (!network_.layers[l].has_weights()) add_weightless(l);
    }
    return std::move(table_);
  }

 private:
  quant::TensorGroup map_of(quant::LayerId layer) const {
    return tensors_.width_group(network_.layers[layer].inputs.front());
  }

  /// W8A8 but for the width of a map.
  quant::Policy with_map(quant::TensorGroup map, int bits) const {
    quant::Policy policy = reference_;
    for (const quant::LayerId l : network_.layers.ids()) {
      if (map_of(l) == map) policy.layers[l].activation = bits;
    }
    return policy;
  }

  Shares measured(const quant::Policy& policy) const {
    return shares_of(measure_(policy), period_ns_);
  }

  const Shares& shares_with_map(quant::TensorGroup map, int bits) {
    if (bits == 8) return shares_;
    const auto [found, first] = with_map_.try_emplace({map, bits});
    if (first) found->second = measured(with_map(map, bits));
    return found->second;
  }

  /// Those that read the same map behind the first layer with weights that does.
  std::vector<quant::LayerId> others(quant::LayerId layer) const {
    std::vector<quant::LayerId> found;
    for (const quant::LayerId l : network_.layers.ids()) {
      if (l != layer && map_of(l) == map_of(layer)) found.push_back(l);
    }
    return found;
  }

  void add_layer(quant::LayerId layer) {
    const quant::TensorGroup map = map_of(layer);
    const bool first = tensors_.readers(map).front() == layer;
    const std::vector<quant::LayerId> followers =
        first ? others(layer) : std::vector<quant::LayerId>{};
    const CostTableEntry whole = sum_of(shares_);
    for (int w = lowest_; w <= highest_; ++w) {
      for (int a = lowest_; a <= highest_; ++a) {
        if (w == 8 && a == 8) continue;
        quant::Policy policy = with_map(map, a);
        policy.layers[layer].weight = w;
        const bool map_only = w == 8 && (!first || !followers.empty());
        const CostTableEntry changed =
            sum_of(map_only ? shares_with_map(map, a) : measured(policy));
        CostTableEntry entry = first ? shares_[layer] : shares_with_map(map, a)[layer];
        add_change(entry, first ? whole : sum_of(shares_with_map(map, a)), changed);
        for (const quant::LayerId l : followers)
          add_change(entry, shares_with_map(map, a)[l], shares_[l]);
        table_.set(layer, {w, a}, entry);
        if (progress_) progress_(++done_, wanted_);
      }
    }
  }

  void add_weightless(quant::LayerId layer) {
    const quant::TensorGroup map = map_of(layer);
    if (tensors_.readers(map).empty()) return;  // 8 bits always
    for (int a = lowest_; a <= highest_; ++a)
      table_.set(layer, {0, a}, shares_with_map(map, a)[layer]);
  }

  const quant::Network& network_;
  const quant::Tensors tensors_;
  const int lowest_, highest_;
  const Measure& measure_;
  const std::function<void(std::size_t, std::size_t)>& progress_;
  const quant::Policy reference_;
  double period_ns_ = 0.0;
  Shares shares_;  ///< of W8A8
  std::map<std::pair<quant::TensorGroup, int>, Shares> with_map_;
  CostTable table_;
  std::size_t done_ = 0, wanted_ = 0;
};

}  // namespace

CostTable measure_cost_table(const quant::Network& network, int lowest, int highest,
                             const Measure& measure,
                             const std::function<void(std::size_t, std::size_t)>& progress) {
  return Table(network, lowest, highest, measure, progress).take();
}

}  // namespace kirchhoff::sim
