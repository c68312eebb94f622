#include "agent/cost_limit.h"
#include "agent/methods/ddpg/ddpg.h"
#include "agent/methods/ddpg/options.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> ddpg_methods() {
  SearchMethodType type;
  type.name = "ddpg";
  type.summary = "HAQ's agent: DDPG, and a wall that lowers policies to th";
  type.place = 30;
  type.published = PublishedAgent::kDdpg;
  type.options = {std::make_shared<DdpgOptions>()};
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<Ddpg>(setup.environment.space(), setup.options.of<DdpgOptions>(),
                                  setup.seed, cost_limit(setup.environment));
  };
  return {type};
}

}  // namespace kirchhoff::agent
