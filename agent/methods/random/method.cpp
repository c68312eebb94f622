#include "agent/methods/random/random_search.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> random_methods() {
  SearchMethodType type;
  type.name = "random";
  type.summary = "uniformly random policies: the control";
  type.place = 40;
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<RandomSearch>(setup.environment.space(), setup.seed);
  };
  return {type};
}

}  // namespace kirchhoff::agent
