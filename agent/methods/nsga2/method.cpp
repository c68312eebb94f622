#include "agent/methods/nsga2/nsga2.h"
#include "agent/methods/nsga2/options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> nsga2_methods() {
  SearchMethodType type;
  type.name = "nsga2";
  type.summary = "NSGA-II: the whole front of accuracy against cost";
  type.place = 100;
  type.options = {std::make_shared<Nsga2Options>()};
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<Nsga2>(setup.environment, setup.options.of<Nsga2Options>(), setup.seed);
  };
  return {type};
}

}  // namespace kirchhoff::agent
