#include "cosim/chip_cost_model.h"

#include "sim/simulator.h"

namespace kirchhoff::cosim {

namespace {

class ChipCostModel final : public agent::CostModel {
 public:
  ChipCostModel(const quant::Network& network, const hw::ChipConfig& config)
      : simulator_(network, config), reference_(totals(quant::Policy::uniform(network, 8, 8))) {}

  agent::Cost cost(const quant::Policy& policy) override {
    const sim::Ratios r = sim::ratios(totals(policy), reference_, simulator_.config().cost);
    return {r.latency, r.energy, r.power, r.cost};
  }

  std::optional<agent::AbsoluteCost> reference() const override {
    return agent::AbsoluteCost{reference_.latency_ns, reference_.energy_pj,
                               reference_.power_rated_mw};
  }

 private:
  sim::CostTotals totals(const quant::Policy& policy) {
    return simulator_.cost(policy, simulator_.config().cost.batch).batch_totals();
  }

  sim::Simulator simulator_;
  const sim::CostTotals reference_;
};

}  // namespace

std::unique_ptr<agent::CostModel> make_chip_cost_model(const quant::Network& network,
                                                       const hw::ChipConfig& config) {
  return std::make_unique<ChipCostModel>(network, config);
}

}  // namespace kirchhoff::cosim
