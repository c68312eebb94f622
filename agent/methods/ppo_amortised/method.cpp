#include "agent/methods/ppo_amortised/options.h"
#include "agent/methods/ppo_amortised/ppo_amortised.h"
#include "agent/planning/sensitivity_options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> ppo_amortised_methods() {
  SearchMethodType type;
  type.name = "ppo-amortised";
  type.summary = "PPO in a world imagined from all measurements, measured where it may win";
  type.place = 17;
  type.rank_by = RankBy::kDivergence;
  type.options = {std::make_shared<AmortisedOptions>(), std::make_shared<SensitivityOptions>()};
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<PpoAmortised>(
        setup.environment, setup.options.of<AmortisedOptions>(),
        setup.options.of<SensitivityOptions>().in_nats("ppo-amortised"), setup.seed);
  };
  return {type};
}

}  // namespace kirchhoff::agent
