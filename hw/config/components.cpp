#include "hw/config/components.h"

#include <stdexcept>
#include <utility>

#include "hw/config/components/tables.h"

namespace kirchhoff::hw {

namespace {

std::vector<Component>& added() {
  static std::vector<Component> all;
  return all;
}

bool complete = false;

}  // namespace

const std::vector<Component>& components() {
  static const std::vector<Component> all = [] {
#define KIRCHHOFF_TABLE(NAME) tables::NAME(),
    std::vector<Component> all_tables = {KIRCHHOFF_COMPONENTS(KIRCHHOFF_TABLE)};
#undef KIRCHHOFF_TABLE
    all_tables.insert(all_tables.end(), added().begin(), added().end());
    complete = true;
    return all_tables;
  }();
  return all;
}

const Component* find_component(const std::string& name) {
  for (const Component& component : components())
    if (component.name == name) return &component;
  return nullptr;
}

const CostEvent* find_event(const std::string& counter) {
  for (const Component& component : components())
    if (const CostEvent* const event = component.event(counter)) return event;
  return nullptr;
}

double event_pj(const KeyValues& keys, const std::string& counter) {
  return find_event(counter)->energy->value(keys);
}

AddComponent::AddComponent(Component component) {
  if (complete) throw std::logic_error(component.name + " comes too late: chips are without it");
  added().push_back(std::move(component));
}

}  // namespace kirchhoff::hw
