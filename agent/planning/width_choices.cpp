#include "agent/planning/width_choices.h"

namespace kirchhoff::agent {

std::vector<WidthChoice> width_choices(const PolicySpace& space) {
  std::vector<WidthChoice> choices;
  for (const FreeLayer& layer : space.free_layers()) {
    if (layer.activation && space.slots()[*layer.activation].layer != layer.layer) continue;
    choices.push_back({layer.weight, layer.activation, false});
    if (!layer.activation) continue;
    for (const FreeLayer& other : space.free_layers()) {
      if (other.activation == layer.activation && other.layer != layer.layer) {
        choices.push_back({other.weight, other.activation, true});
      }
    }
  }
  return choices;
}

}  // namespace kirchhoff::agent
