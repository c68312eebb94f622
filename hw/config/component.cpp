#include "hw/config/component.h"

#include <utility>

namespace kirchhoff::hw {

Rate Rate::or_else(const char* key_name, Expression of) {
  Rate rate(key_name, std::move(of));
  rate.below_zero_only = true;
  return rate;
}

Rate Rate::or_on(const char* kind_key, const char* kind_name, Expression of) && {
  kind = Kind{kind_key, kind_name, std::move(of)};
  return std::move(*this);
}

const Expression* Rate::formula_for(const KeyValues& keys) const {
  if (!formula || (below_zero_only && keys.number(key) >= 0)) return nullptr;
  return kind && keys.is(kind->key, kind->value) ? &kind->formula : &*formula;
}

double Rate::value(const KeyValues& keys) const {
  const Expression* const of = formula_for(keys);
  return of == nullptr ? keys.number(key) : of->value({keys});
}

CostEvent CostEvent::costs(Rate each, Condition condition) && {
  energy = std::move(each);
  charged = std::move(condition);
  return std::move(*this);
}

CostEvent CostEvent::expected(Expression count, Condition condition) && {
  closed_form = ClosedForm{std::move(count), std::move(condition)};
  return std::move(*this);
}

Component::Component(const std::string& component, Expression count)
    : name(component),
      instances(std::move(count)),
      leak(component + ".leak_mw"),
      rated(component + ".rated_mw"),
      area(component + ".area_um2") {}

const Rate* Component::rate(const std::string& key) const {
  if (leak && leak->key == key) return &*leak;
  if (rated.key == key) return &rated;
  return area && area->key == key ? &*area : nullptr;
}

const CostEvent* Component::event(const std::string& counter) const {
  for (const CostEvent& one : events)
    if (one.counter == counter) return &one;
  return nullptr;
}

}  // namespace kirchhoff::hw
