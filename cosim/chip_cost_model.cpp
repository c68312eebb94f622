#include "cosim/chip_cost_model.h"

#include "sim/simulator.h"

namespace kirchhoff::cosim {

namespace {

class ChipCostModel final : public agent::CostModel {
 public:
  ChipCostModel(const quant::Network& network, const hw::ChipConfig& config)
      : simulator_(network, config),
        reference_(simulator_.cost(quant::Policy::uniform(network, 8, 8))) {}

  agent::Cost cost(const quant::Policy& policy) override {
    const sim::Ratios r =
        sim::ratios(simulator_.cost(policy), reference_, simulator_.config().cost);
    return {r.latency, r.energy, r.power, r.cost};
  }

  std::optional<agent::AbsoluteCost> reference() const override {
    const sim::CostTotals totals = reference_.totals();
    return agent::AbsoluteCost{totals.latency_ns, totals.energy_pj, totals.power_rated_mw};
  }

 private:
  sim::Simulator simulator_;
  const sim::CostReport reference_;
};

}  // namespace

std::unique_ptr<agent::CostModel> make_chip_cost_model(const quant::Network& network,
                                                       const hw::ChipConfig& config) {
  return std::make_unique<ChipCostModel>(network, config);
}

}  // namespace kirchhoff::cosim
