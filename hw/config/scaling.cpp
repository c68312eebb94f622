#include "hw/config/scaling.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <type_traits>

#include <fmt/format.h>

#include "base/portable_math.h"
#include "hw/config/components.h"

namespace kirchhoff::hw {

namespace {

const std::map<std::string, Expression>& sizes() {
  static const std::map<std::string, Expression> all = [] {
    std::map<std::string, Expression> of_laws;
    for (const ScalingLaw& law : scaling_laws())
      for (const Factor& factor : law.factors) of_laws.emplace(factor.name, factor.size);
    return of_laws;
  }();
  return all;
}

bool per_access(const ScalingLaw& law) {
  const std::string_view key = law.key;
  return key.size() > 3 && key.substr(key.size() - 3) == "_pj";
}

/// The ratio that the factor is a power of; 1 where it changes nothing.
double ratio(const ScalingLaw& law, const Factor& factor, const Sizes& before, const Sizes& now) {
  if (factor.exponent == 0) return 1;
  const double from = before.at(factor.name), to = now.at(factor.name);
  return from == 0 || (to == 0 && per_access(law)) ? 1 : to / from;
}

double product(const ScalingLaw& law, const Sizes& before, const Sizes& now) {
  double all = 1;
  for (const Factor& factor : law.factors) {
    const double changed = ratio(law, factor, before, now);
    all *= factor.exponent == 1 ? changed : base::portable_pow(changed, factor.exponent);
  }
  return all;
}

std::string product_text(const ScalingLaw& law, const Sizes& before, const Sizes& now) {
  std::string text;
  for (const Factor& factor : law.factors) {
    if (ratio(law, factor, before, now) == 1) continue;
    text += fmt::format(" x ({} / {})", factor.name, before.at(factor.name));
    if (factor.exponent != 1) text += fmt::format("^{}", factor.exponent);
  }
  return text;
}

struct Split {
  double leak, rest;
};

// What of a rated power is leakage, at the sizes for which the power was given.
Split split(const ScalingLaw& law, const GivenConstant& given, const GivenConstant& leak) {
  const ScalingLaw* const leak_law = scaling_law(law.leak);
  const double leakage =
      leak_law == nullptr ? leak.value : leak.value * product(*leak_law, leak.at, given.at);
  const double part = std::clamp(leakage, 0.0, given.value);
  return {part, given.value - part};
}

}  // namespace

const std::vector<ScalingLaw>& scaling_laws() {
  static const std::vector<ScalingLaw> laws = [] {
    std::vector<ScalingLaw> all;
    for (const Component& component : components())
      all.insert(all.end(), component.laws.begin(), component.laws.end());
    return all;
  }();
  return laws;
}

const ScalingLaw* scaling_law(const std::string& key) {
  for (const ScalingLaw& law : scaling_laws())
    if (key == law.key) return &law;
  return nullptr;
}

std::vector<std::string> sizes_followed(const std::string& key) {
  std::vector<std::string> names;
  const ScalingLaw* const law = scaling_law(key);
  if (law == nullptr) return names;
  for (const ScalingLaw* of : {law, scaling_law(law->leak)}) {
    if (of == nullptr) continue;
    for (const Factor& factor : of->factors) {
      if (factor.exponent != 0 && std::find(names.begin(), names.end(), factor.name) == names.end())
        names.emplace_back(factor.name);
    }
  }
  return names;
}

const Expression& size_named(const std::string& name) {
  const auto found = sizes().find(name);
  if (found == sizes().end()) throw std::logic_error(name + " is no size");
  return found->second;
}

Sizes sizes_of(const KeyValues& keys) {
  Sizes all;
  for (const auto& [name, size] : sizes()) all[name] = size.value({keys});
  return all;
}

bool follows_change(const ScalingLaw& law, const GivenConstant& given, const Sizes& now) {
  if (given.value < 0) return false;
  const auto changed = [&](const ScalingLaw& of) {
    return std::any_of(of.factors.begin(), of.factors.end(),
                       [&](const Factor& factor) { return ratio(of, factor, given.at, now) != 1; });
  };
  const ScalingLaw* const leak = scaling_law(law.leak);
  return changed(law) || (leak != nullptr && changed(*leak));
}

double scaled(const ScalingLaw& law, const GivenConstant& given,
              const std::optional<GivenConstant>& leak, const Sizes& now) {
  if (!follows_change(law, given, now)) return given.value;
  const double factor = product(law, given.at, now);
  if (law.whole) return std::max(1.0, std::ceil(given.value * factor - 1e-9));
  const ScalingLaw* const leak_law = scaling_law(law.leak);
  if (!leak) return given.value * factor;
  const Split parts = split(law, given, *leak);
  return parts.rest * factor +
         parts.leak * (leak_law == nullptr ? 1 : product(*leak_law, given.at, now));
}

std::string scaled_formula(const ScalingLaw& law, const GivenConstant& given,
                           const std::optional<GivenConstant>& leak, const Sizes& now) {
  const std::string factor = product_text(law, given.at, now);
  if (law.whole) return fmt::format("{}{}, rounded up", given.value, factor);
  if (!leak) return fmt::format("{}{}", given.value, factor);
  const Split parts = split(law, given, *leak);
  const ScalingLaw* const leak_law = scaling_law(law.leak);
  return fmt::format("({} - {} leakage){} + {}{}", given.value, parts.leak, factor, parts.leak,
                     leak_law == nullptr ? "" : product_text(*leak_law, given.at, now));
}

class ConfigNumbers::Visitor {
 public:
  explicit Visitor(ConfigNumbers& all) : all_(all) {}

  template <typename Number>
  void operator()(const char* key, Number& member, double, double, const char*, const char*) {
    Access& access = all_.numbers_[key];
    access.get = [&member] { return in_unit(member); };
    if constexpr (!std::is_const_v<Number>) access.set = [&member](double v) { assign(member, v); };
  }
  void operator()(const char* key, const bool& member, const char*, const char*) {
    all_.words_[key] = [&member] { return member ? "true" : "false"; };
  }
  void operator()(const char* key, const Replication& member, const char*, const char*) {
    all_.words_[key] = [&member] { return member.text(); };
  }
  template <typename Enum, std::size_t kCount>
  void operator()(const char* key, const Enum& member, const char* const (&names)[kCount],
                  const char*, const char*) {
    all_.words_[key] = [&member, &names] { return names[static_cast<std::size_t>(member)]; };
  }

 private:
  static double in_unit(double v) { return v; }
  static double in_unit(Energy v) { return v.picojoules(); }
  static double in_unit(Power v) { return v.milliwatts(); }
  static double in_unit(Area v) { return v.square_micrometres(); }
  static double in_unit(Duration v) { return v.nanoseconds(); }

  static void assign(int& m, double v) { m = static_cast<int>(std::lround(v)); }
  static void assign(double& m, double v) { m = v; }
  static void assign(Energy& m, double v) { m = Energy::picojoules(v); }
  static void assign(Power& m, double v) { m = Power::milliwatts(v); }
  static void assign(Area& m, double v) { m = Area::square_micrometres(v); }
  static void assign(Duration& m, double v) { m = Duration::nanoseconds(v); }

  ConfigNumbers& all_;
};

ConfigNumbers::ConfigNumbers(ChipConfig& config) {
  Visitor visitor(*this);
  visit_chip(config, visitor);
}

ConfigNumbers::ConfigNumbers(const ChipConfig& config) {
  Visitor visitor(*this);
  visit_chip(config, visitor);
}

ConfigNumbers::ConfigNumbers(const PeConfig& config) {
  Visitor visitor(*this);
  visit_pe(config, visitor);
}

}  // namespace kirchhoff::hw
