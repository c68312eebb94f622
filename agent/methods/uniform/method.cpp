#include "agent/methods/uniform/uniform_search.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> uniform_methods() {
  SearchMethodType type;
  type.name = "uniform";
  type.summary = "the same bits in every free layer, 8 down to 2";
  type.place = 70;
  type.chance = false;
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<UniformSearch>(setup.environment);
  };
  return {type};
}

}  // namespace kirchhoff::agent
