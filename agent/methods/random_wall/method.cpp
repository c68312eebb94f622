#include "agent/methods/random_wall/random_wall.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> random_wall_methods() {
  SearchMethodType type;
  type.name = "random-wall";
  type.summary = "uniformly random, lowered to th: the control of ddpg";
  type.place = 50;
  type.make = [](const MethodSetup& setup) {
    return std::make_unique<RandomWall>(setup.environment, setup.seed);
  };
  return {type};
}

}  // namespace kirchhoff::agent
