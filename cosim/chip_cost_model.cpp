#include "cosim/chip_cost_model.h"

#include <optional>

#include <fmt/format.h>

#include "base/build_id.h"
#include "base/cache_folder.h"
#include "base/digest.h"
#include "base/error.h"
#include "sim/simulator.h"
#include "sim/turn_costs.h"

namespace kirchhoff::cosim {

namespace {

/// Another program may simulate otherwise.
sim::TurnMemo memo_of(const quant::Network& network, const std::string& hardware) {
  if (hardware.empty()) return sim::TurnMemo();
  const std::string all = quant::stages_text(network) + hardware + build_id();
  Digest digest;
  digest.add(all.data(), all.size());
  const std::string fingerprint = fmt::format("{:016x}", digest.value());
  return sim::TurnMemo(cache_path("turns-" + fingerprint + ".txt"), fingerprint);
}

class ChipCostModel final : public agent::CostModel {
 public:
  ChipCostModel(const quant::Network& network, const hw::ChipConfig& config,
                const std::string& hardware)
      : simulator_(network, config), turns_(simulator_, memo_of(network, hardware)) {
    reference_ = turns_.totals(quant::Policy::uniform(network, 8, 8));
  }

  agent::Cost cost(const quant::Policy& policy) override {
    const sim::Ratios r = sim::ratios(turns_.totals(policy), reference_, simulator_.config().cost);
    return {r.latency, r.energy, r.power, r.cost};
  }

  void confirm(const quant::Policy& policy) override {
    const int batch = simulator_.config().cost.batch;
    const sim::CostTotals sum = turns_.totals(policy),
                          all = simulator_.cost(policy, batch).compared(batch);
    if (sum.latency_ns == all.latency_ns && sum.energy_pj == all.energy_pj &&
        sum.power_rated_mw == all.power_rated_mw)
      return;
    throw RunError(fmt::format(
        "policy {}: the turns of its layers sum to {} ns, {} pJ, {} mW, its whole simulation to {} "
        "ns, {} pJ, {} mW; please report this",
        policy.to_string(), sum.latency_ns, sum.energy_pj, sum.power_rated_mw, all.latency_ns,
        all.energy_pj, all.power_rated_mw));
  }

  std::optional<agent::AbsoluteCost> reference() const override {
    return agent::AbsoluteCost{reference_.latency_ns, reference_.energy_pj,
                               reference_.power_rated_mw};
  }

 private:
  sim::Simulator simulator_;
  sim::TurnCosts turns_;
  sim::CostTotals reference_;
};

}  // namespace

std::unique_ptr<agent::CostModel> make_chip_cost_model(const quant::Network& network,
                                                       const hw::ChipConfig& config,
                                                       const std::string& hardware) {
  return std::make_unique<ChipCostModel>(network, config, hardware);
}

}  // namespace kirchhoff::cosim
