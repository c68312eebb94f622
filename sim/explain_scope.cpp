#include "sim/explain_scope.h"

#include <algorithm>
#include <functional>
#include <map>

#include <fmt/format.h>

#include "base/error.h"
#include "hw/config/components.h"
#include "hw/config/quantities.h"
#include "sim/counters.h"

namespace kirchhoff::sim {

namespace {

/// ScopeSums by name, in the order in which they first appear.
class ScopeSums {
 public:
  void add(const std::string& name, double value) {
    const auto [at, is_new] = index_.emplace(name, values_.size());
    if (is_new) values_.emplace_back(name, 0.0);
    values_[at->second].second += value;
  }
  const Quantities& values() const { return values_; }

 private:
  Quantities values_;
  std::map<std::string, std::size_t> index_;
};

const hw::Component& component_named(const std::string& name) {
  const hw::Component* const component = hw::find_component(name);
  if (component == nullptr)
    throw InputError(fmt::format("report: no component is called {}", name));
  return *component;
}

/// What a line of a ledger costs each.
const hw::Rate& rate_of(const EnergyEntry& entry) {
  const hw::Component& component = component_named(entry.component);
  const hw::CostEvent* const event = component.event(entry.event);
  const std::optional<hw::Rate>* const rate = entry.leaks()      ? &component.leak
                                              : event != nullptr ? &event->energy
                                                                 : nullptr;
  if (rate == nullptr || !*rate) {
    throw InputError(fmt::format("report: {} of {}: is not charged", entry.event, entry.component));
  }
  return **rate;
}

Count instances_of(const std::string& component, const Scope& scope, const Constants& constants) {
  const hw::Expression& instances = component_named(component).instances;
  const hw::Bindings names = scope.names(constants);
  return {component + " instances", instances.value(names), instances.text(names), {}};
}

/// A counter, with its closed form where the shape of the layer gives one.
Count counted(const Scope& scope, const std::string& name, const Constants& constants) {
  Count count{name, static_cast<double>(scope.counters->at(name)), "", {}};
  const hw::Bindings names = scope.names(constants);
  const hw::CostEvent* const event = hw::find_event(name);
  if (event != nullptr && event->closed_form &&
      (!event->closed_form->known || event->closed_form->known(names))) {
    count.closed_form = event->closed_form->count.value(names);
    count.how = event->closed_form->count.text(names);
  } else {
    const auto meaning = counter_meanings().find(name);
    count.how =
        "measured: " + (meaning == counter_meanings().end() ? "a counter" : meaning->second.counts);
  }
  return count;
}

std::string with_dot(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

/// Appends what is not there by its name yet.
template <typename Item>
void add_once(std::vector<Item>& items, const Item& item) {
  const auto same = [&](const Item& known) { return known.name == item.name; };
  if (std::none_of(items.begin(), items.end(), same)) items.push_back(item);
}

/// Instances x nanoseconds of a component, over tiles that are there for different times.
double leaking_instances(const EnergyEntry& entry, const Constants& constants,
                         const LeakageTimes& times) {
  const hw::Expression& instances = component_named(entry.component).instances;
  const double more = entry.leaks_awake()
                          ? constants.number("chip.wake_ns") + constants.number("chip.wake_leak_ns")
                          : 0;
  double sum = 0;
  for (const HeldTile& tile : times.held) {
    const double ns = entry.leaks_awake() ? std::min(times.layer_ns, tile.ns) : tile.ns;
    sum += instances.value({constants, &tile.allocation}) * (ns + more);
  }
  return sum;
}

/// One line of a ledger, recomputed from counter or allocation and constant.
Part explain_line(Explanation& e, const EnergyEntry& entry, const Scope& scope,
                  const Constants& constants, const LeakageTimes& times) {
  Part part{with_dot(scope.prefix, "energy." + entry.component + "." + entry.event), 0, ""};
  const Constant constant = constants.resolve(rate_of(entry), entry.leaks() ? "mW" : "pJ");
  add_once(e.constants, constant);
  if (!entry.leaks()) {
    const Count count = counted(scope, entry.event, constants);
    add_once(e.counts, count);
    part.value = count.value * constant.value;
    part.formula = fmt::format("{} x {} pJ", count.value, constant.value);
    return part;
  }
  if (!times.held.empty()) {
    part.value = leaking_instances(entry, constants, times) * constant.value;
    part.formula = fmt::format("sum over {} tiles of instances x ns of their rounds x {} mW",
                               times.held.size(), constant.value);
    return part;
  }
  const Count instances = instances_of(entry.component, scope, constants);
  add_once(e.counts, instances);
  Count leaking{"duration", times.run_ns, "ns of the whole run: what waits leaks", {}};
  if (entry.leaks_awake()) {
    const double wake = constants.number("chip.wake_ns"),
                 charge = constants.number("chip.wake_leak_ns");
    leaking = {"awake",
               times.layer_ns + wake + charge,
               fmt::format("ns: {} of the layer + {} chip.wake_ns + {} chip.wake_leak_ns; else it "
                           "is switched off",
                           times.layer_ns, wake, charge),
               {}};
  }
  add_once(e.counts, leaking);
  part.value = instances.value * leaking.value * constant.value;
  part.formula = fmt::format("{} x {} ns x {} mW", instances.value, leaking.value, constant.value);
  return part;
}

bool strip(std::string& text, const std::string& prefix) {
  if (text.compare(0, prefix.size(), prefix) != 0) return false;
  text.erase(0, prefix.size());
  return true;
}

void explain_energy(Explanation& e, const Scope& scope, const Constants& constants,
                    const LeakageTimes& times) {
  e.unit = "pJ";
  e.meaning = "energy of " + scope.title;
  e.formula = "sum over the components";
  ScopeSums of_components;
  for (const EnergyEntry& entry : scope.energy) {
    Explanation line;
    of_components.add(entry.component, explain_line(line, entry, scope, constants, times).value);
  }
  for (const auto& [component, energy] : of_components.values()) {
    e.parts.push_back({with_dot(scope.prefix, "energy." + component), energy, ""});
    e.result += energy;
  }
}

/// `what` is "adc" or "adc.conversions".
bool explain_component_energy(Explanation& e, const Scope& scope, const std::string& what,
                              const Constants& constants, const LeakageTimes& times) {
  const std::size_t dot = what.find('.');
  const std::string component = what.substr(0, dot);
  for (const EnergyEntry& entry : scope.energy) {
    if (entry.component != component) continue;
    if (dot != std::string::npos && entry.event != what.substr(dot + 1)) continue;
    e.parts.push_back(explain_line(e, entry, scope, constants, times));
    e.result += e.parts.back().value;
  }
  e.unit = "pJ";
  e.meaning = fmt::format("energy of {} in {}", component, scope.title);
  e.formula = "sum of count x energy of one event, and instances x duration x leakage of one";
  return !e.parts.empty();
}

/// Rated power or area of what is allocated, of all components or of one.
bool explain_instances(Explanation& e, const Scope& scope, const std::string& component, bool area,
                       const Constants& constants) {
  bool any = component.empty();
  e.unit = area ? "um2" : "mW";
  for (const InstanceEntry& entry : scope.instances) {
    if (!component.empty() && entry.component != component) continue;
    any = true;
    const std::string& key = area ? entry.area_key : entry.power_key;
    if (key.empty()) continue;
    const hw::Rate* const rate = component_named(entry.component).rate(key);
    const Constant constant =
        rate != nullptr ? constants.resolve(*rate, e.unit) : constants.resolve(key);
    const Count instances = instances_of(entry.component, scope, constants);
    const double value = instances.value * constant.value;
    e.parts.push_back({with_dot(scope.prefix, (area ? "area." : "power.rated.") + entry.component),
                       value, fmt::format("{} x {} {}", instances.value, constant.value, e.unit)});
    add_once(e.counts, instances);
    add_once(e.constants, constant);
    e.result += value;
  }
  e.meaning = fmt::format("{} of {}{}",
                          area                     ? "area"
                          : scope.layer == nullptr ? "leakage"
                                                   : "rated power (all at full activity)",
                          component.empty() ? "" : component + " in ", scope.title);
  e.formula = area ? "sum of instances x area of one" : "sum of instances x power of one";
  return any;
}

}  // namespace

Quantities reported_quantities(const Scope& scope, const hw::KeyValues& keys) {
  ScopeSums sums;
  for (const EnergyEntry& entry : scope.energy) {
    sums.add("energy", entry.energy_pj());
    sums.add("energy." + entry.component, entry.energy_pj());
    sums.add("energy." + entry.component + "." + entry.event, entry.energy_pj());
  }
  for (const InstanceEntry& entry : scope.instances) {
    sums.add("power.rated", entry.power_mw());
    sums.add("power.rated." + entry.component, entry.power_mw());
  }
  if (scope.layer == nullptr) return sums.values();
  for (const InstanceEntry& entry : scope.instances) {
    if (entry.area_key.empty()) continue;
    sums.add("area", entry.area_um2());
    sums.add("area." + entry.component, entry.area_um2());
  }
  sums.add("crossbars", component_named("crossbar").instances.value(scope.names(keys)));
  sums.add("pes", scope.allocation.pes);
  for (const auto& [name, value] : *scope.counters) sums.add(name, static_cast<double>(value));
  return sums.values();
}

bool explain_amount(Explanation& e, const Scope& scope, std::string rest,
                    const Constants& constants, const LeakageTimes& times) {
  if (rest == "energy") {
    explain_energy(e, scope, constants, times);
    return true;
  }
  if (strip(rest, "energy.")) return explain_component_energy(e, scope, rest, constants, times);
  const bool area = strip(rest, "area");
  if (!area && !strip(rest, "power.rated")) return false;
  if (area && scope.layer == nullptr) return false;
  if (!rest.empty() && !strip(rest, ".")) return false;
  return explain_instances(e, scope, rest, area, constants);
}

bool explain_count(Explanation& e, const Scope& scope, const std::string& rest,
                   const Constants& constants) {
  if (scope.layer == nullptr) return false;
  if (rest == "crossbars" || rest == "pes") {
    using namespace hw::quantity;
    const bool pes = rest == "pes";
    hw::Expression count = pes ? blocks() : crossbars_of_pair().as("arrays") * slices() * blocks();
    if (scope.work.copies > 1) count = count * copies();
    const hw::Bindings names = scope.names(constants);
    e.meaning = fmt::format("{} of {}", pes ? "PEs" : rest, scope.title);
    e.formula = pes ? "PEs that hold a block" : "arrays x slices x blocks (eq. 7)";
    e.result = pes ? scope.allocation.pes : count.value(names);
    e.counts.push_back({rest, e.result, count.text(names), {}});
    return true;
  }
  if (scope.counters->count(rest) == 0) return false;
  const Count count = counted(scope, rest, constants);
  const auto meaning = counter_meanings().find(rest);
  if (meaning != counter_meanings().end())
    e.meaning = fmt::format("{}, {}", meaning->second.counts, scope.title);
  const bool picoseconds = rest.size() > 3 && rest.compare(rest.size() - 3, 3, "_ps") == 0;
  e.unit = picoseconds ? "ps" : rest.find("cycle") == std::string::npos ? "" : "cycle";
  e.formula = count.closed_form ? count.how : "counted by the modules";
  e.counts.push_back(count);
  e.result = count.closed_form ? *count.closed_form : count.value;
  return true;
}

}  // namespace kirchhoff::sim
