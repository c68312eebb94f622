#include "cosim/table_cost_model.h"

#include <utility>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "quant/network/free_bits.h"
#include "sim/cheapest_policy.h"
#include "sim/haq_table.h"

namespace kirchhoff::cosim {

namespace {

class TableCostModel final : public agent::CostModel {
 public:
  TableCostModel(sim::CostTable table, const quant::Network& network, const hw::CostConfig& weights)
      : table_(std::move(table)),
        weights_(weights),
        free_(quant::free_bits(network)),
        reference_(table_.cost(quant::Policy::uniform(network, 8, 8))),
        costs_(unit_costs()) {
    monotone_ = sim::more_bits_never_cost_less(table_, free_, quant::kMinBits,
                                               quant::kMaxSearchBits, costs_);
  }

  agent::Cost cost(const quant::Policy& policy) override {
    const sim::CostTotals totals = table_.cost(policy);
    agent::Cost c;
    c.latency = totals.latency_ns / reference_.latency_ns;
    if (table_.latency_only) {
      c.cost = c.latency;
      return c;
    }
    c.energy = totals.energy_pj / reference_.energy_pj;
    c.power = totals.power_rated_mw / reference_.power_rated_mw;
    c.cost = weights_.alpha * c.latency + weights_.beta * c.energy + weights_.gamma * c.power;
    return c;
  }

  std::optional<quant::Policy> cheapest(const quant::Policy& policy,
                                        const std::vector<agent::Slot>& free) override {
    sim::FreeWidths layers = free_;
    for (quant::FreeBits& layer : layers) layer.weight = layer.activation = false;
    for (const agent::Slot& slot : free) {
      if (!slot.activation) layers[slot.layer].weight = true;
      for (const quant::LayerId l : layers.ids()) {
        if (slot.activation && layers[l].map == free_[slot.layer].map) layers[l].activation = true;
      }
    }
    return sim::cheapest_policy(table_, policy, layers, quant::kMinBits, quant::kMaxSearchBits,
                                costs_);
  }
  bool monotone() const override { return monotone_; }

  std::optional<agent::AbsoluteCost> reference() const override {
    if (table_.latency_only) return std::nullopt;
    return agent::AbsoluteCost{reference_.latency_ns, reference_.energy_pj,
                               reference_.power_rated_mw};
  }

 private:
  sim::UnitCosts unit_costs() const {
    if (table_.latency_only) return {1.0 / reference_.latency_ns, 0.0, 0.0};
    return {weights_.alpha / reference_.latency_ns, weights_.beta / reference_.energy_pj,
            weights_.gamma / reference_.power_rated_mw};
  }

  const sim::CostTable table_;
  const hw::CostConfig weights_;
  const sim::FreeWidths free_;
  const sim::CostTotals reference_;
  const sim::UnitCosts costs_;
  bool monotone_ = true;
};

}  // namespace

std::string hardware_digest(const hw::ConfigLoader& loader) {
  Digest digest;
  for (const hw::ConfigEntry& entry : loader.settings()) {
    const bool weight = entry.key.compare(0, 5, "cost.") == 0 && entry.key != "cost.batch";
    if (weight) continue;
    const std::string line = entry.key + "=" + entry.value + "\n";
    digest.add(line.data(), line.size());
  }
  return fmt::format("{:016x}", digest.value());
}

sim::CostTable load_cost_table(const std::string& path, const quant::Network& network,
                               const hw::ConfigLoader& loader) {
  sim::CostTable table = sim::is_haq_table(path)
                             ? sim::from_haq_table(read_npy(path), network, path)
                             : sim::CostTable::load(path);
  const std::string wrong = table.mismatch(network, quant::kMinBits, quant::kMaxSearchBits);
  if (!wrong.empty()) throw InputError(fmt::format("{}: {}", path, wrong));
  table.refuse_negative_totals(path);
  const auto hardware = table.header.find("hardware");
  const std::string expected = hardware_digest(loader);
  if (hardware != table.header.end() && hardware->second != expected) {
    throw InputError(fmt::format(
        "{}: hardware = {}: the chip of this command line is {}; give the --preset, --config and "
        "keys that the table was made with, or remove the line from a table of your own",
        path, hardware->second, expected));
  }
  return table;
}

void refuse_limit(const sim::CostTable& table, const std::string& path, agent::Limit limit) {
  if (!table.latency_only || limit == agent::Limit::kLatency) return;
  throw InputError(fmt::format("{}: knows latencies only: must come with --limit latency", path));
}

std::unique_ptr<agent::CostModel> make_table_cost_model(sim::CostTable table,
                                                        const quant::Network& network,
                                                        const hw::CostConfig& weights) {
  return std::make_unique<TableCostModel>(std::move(table), network, weights);
}

}  // namespace kirchhoff::cosim
