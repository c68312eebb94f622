#pragma once

#include <string>
#include <vector>

#include "hw/config/component.h"

namespace kirchhoff::hw {

/// The cost tables of all components, in the order of a report: those of
/// hw/config/components/tables.h, then those that were added.
const std::vector<Component>& components();

/// Null when there is none.
const Component* find_component(const std::string& name);
/// The event that `counter` counts, of whatever component; null when there is none.
const CostEvent* find_event(const std::string& counter);

/// Energy of one of the events that `counter` counts, in pJ. The counter must have one.
double event_pj(const KeyValues& keys, const std::string& counter);

/// Adds a component from outside, as an object of static storage: before main(), so that every
/// chip has it.
struct AddComponent {
  explicit AddComponent(Component component);
};

}  // namespace kirchhoff::hw
