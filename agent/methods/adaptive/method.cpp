#include "agent/methods/adaptive/adaptive.h"
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
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<Adaptive>(setup.environment);
  };
  return {type};
}

}  // namespace kirchhoff::agent
