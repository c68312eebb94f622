#include "agent/methods/random_band/options.h"
#include "agent/methods/random_band/random_band.h"
#include "agent/shipped_methods.h"

namespace kirchhoff::agent {

std::vector<SearchMethodType> random_band_methods() {
  SearchMethodType type;
  type.name = "random-band";
  type.summary = "random policies whose cost lies just below th";
  type.place = 60;
  type.options = {std::make_shared<RandomBandOptions>()};
  type.make = [](const MethodSetup& setup) {
    const double width = setup.options.of<RandomBandOptions>().width;
    return std::make_unique<RandomBand>(setup.environment, width, setup.seed);
  };
  return {type};
}

}  // namespace kirchhoff::agent
