#include "agent/methods/greedy/greedy.h"
#include "agent/planning/sensitivity.h"
#include "agent/planning/sensitivity_options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> greedy_methods() {
  SearchMethodType type;
  type.name = "greedy";
  type.summary = "probes every slot, then takes away what costs least accuracy";
  type.place = 80;
  type.chance = false;
  type.supposes = Supposes::kSummedLosses;
  type.options = {std::make_shared<SensitivityOptions>()};
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<Greedy>(
        setup.environment, setup.options.of<SensitivityOptions>().measure, setup.most_measured);
  };
  type.plan = describe_probes;
  return {type};
}

}  // namespace kirchhoff::agent
