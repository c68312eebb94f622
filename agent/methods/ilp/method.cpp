#include "agent/methods/ilp/ilp.h"
#include "agent/planning/sensitivity.h"
#include "agent/planning/sensitivity_options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> ilp_methods() {
  SearchMethodType type;
  type.name = "ilp";
  type.summary = "probes every slot, integer program, then local search";
  type.place = 90;
  type.chance = false;
  type.supposes = Supposes::kSummedLossesAndCosts;
  type.options = {std::make_shared<SensitivityOptions>()};
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<Ilp>(setup.environment, setup.options.of<SensitivityOptions>().measure,
                                 setup.most_measured);
  };
  type.plan = describe_probes;
  return {type};
}

}  // namespace kirchhoff::agent
