#include "agent/methods/adaptive/adaptive.h"
#include "agent/planning/sensitivity_options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> adaptive_methods() {
  SearchMethodType type;
  type.name = "adaptive";
  type.summary = "probes two widths per slot, then measures what may beat the best: least work";
  type.place = 85;
  type.chance = false;
  type.recommended = 1;
  type.supposes = Supposes::kSummedLossesAndCosts;
  type.options = {std::make_shared<SensitivityOptions>()};
  type.make = [](const MethodSetup& setup) {
    const auto& options = setup.options.of<SensitivityOptions>();
    return std::make_unique<Adaptive>(setup.environment, options.in_nats("adaptive"));
  };
  return {type};
}

}  // namespace kirchhoff::agent
