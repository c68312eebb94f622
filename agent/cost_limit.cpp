#include "agent/cost_limit.h"

#include "agent/environment.h"

namespace kirchhoff::agent {

CostLimit cost_limit(Environment& environment) {
  CostLimit limit;
  limit.threshold = environment.options().threshold;
  limit.cost = [&environment](const Actions& actions) {
    return environment.cost_ratio(environment.space().policy(actions));
  };
  limit.cheapest = [&environment](const Actions& taken) { return environment.cheapest(taken); };
  limit.monotone = [&environment] { return environment.monotone(); };
  return limit;
}

}  // namespace kirchhoff::agent
