#include "sim/constants.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace kirchhoff::sim {

Constants::Constants(const std::vector<hw::ConfigEntry>& entries) {
  hw::ConfigLoader loader;
  for (const hw::ConfigEntry& entry : entries) {
    entries_[entry.key] = entry;
    loader.set_from_flag(entry.key, entry.value);
  }
  for (const hw::ConfigEntry& entry : loader.entries()) place_.emplace(entry.key, place_.size());
  sizes_ = hw::sizes_of(hw::ConfigNumbers(loader.finish()));
}

const hw::ConfigEntry& Constants::entry(const std::string& key) const {
  const auto found = entries_.find(key);
  if (found == entries_.end())
    throw InputError(fmt::format("configuration: {}: the key is missing", key));
  return found->second;
}

double Constants::printed(const std::string& key) const {
  const std::string& text = entry(key).value;
  double value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || stop != text.data() + text.size())
    throw InputError(fmt::format("configuration: {} = {}: must be a number", key, text));
  return value;
}

// As it was given; where its own key did not have to follow, that is what is printed.
std::optional<hw::GivenConstant> Constants::leak_of(const hw::ScalingLaw& law) const {
  const std::string& key = law.leak;
  if (key.empty()) return std::nullopt;
  const hw::ConfigEntry& leak = entry(key);
  return leak.given ? *leak.given : hw::GivenConstant{printed(key), sizes_};
}

double Constants::number(const std::string& key) const {
  const hw::ConfigEntry& own = entry(key);
  if (!own.given) return printed(key);
  const hw::ScalingLaw* const law = hw::scaling_law(key);
  if (law == nullptr)
    throw InputError(
        fmt::format("configuration: {}: was given for other sizes, but follows none", key));
  const auto leak = leak_of(*law);
  return hw::scaled(*law, *own.given, leak, sizes_);
}

Constant Constants::resolve(const std::string& key) const {
  Constant constant;
  constant.name = key;
  constant.unit = entry(key).unit;
  constant.value = number(key);
  constant.inputs = {entry(key)};
  if (!entry(key).given) return constant;
  const hw::ScalingLaw& law = *hw::scaling_law(key);
  const auto leak = leak_of(law);
  constant.formula = hw::scaled_formula(law, *entry(key).given, leak, sizes_);
  std::vector<std::string> inputs;
  if (leak) inputs.push_back(law.leak);
  for (const std::string& size : hw::sizes_followed(key)) {
    const std::vector<std::string> keys = hw::size_named(size).keys();
    inputs.insert(inputs.end(), keys.begin(), keys.end());
  }
  for (const std::string& input : inputs) {
    const auto is_input = [&](const hw::ConfigEntry& known) { return known.key == input; };
    if (std::none_of(constant.inputs.begin(), constant.inputs.end(), is_input))
      constant.inputs.push_back(entry(input));
  }
  return constant;
}

// Beside the key that names the rate first those of the same component, then others, in the order
// of the configuration.
Constant Constants::resolve(const hw::Rate& rate, const std::string& unit) const {
  Constant constant = resolve(rate.key);
  const hw::Expression* const formula = rate.formula_for(*this);
  if (formula == nullptr) return constant;
  constant.value = formula->value({*this});
  constant.unit = unit;
  constant.formula = formula->text();
  const std::string section = rate.key.substr(0, rate.key.find('.') + 1);
  const auto place = [&](const std::string& key) {
    const bool elsewhere = key.compare(0, section.size(), section) != 0;
    return std::pair(elsewhere, place_.at(key));
  };
  std::vector<std::string> keys = formula->keys();
  keys.erase(std::remove(keys.begin(), keys.end(), rate.key), keys.end());
  std::sort(keys.begin(), keys.end(),
            [&](const std::string& a, const std::string& b) { return place(a) < place(b); });
  for (const std::string& key : keys) constant.inputs.push_back(entry(key));
  return constant;
}

}  // namespace kirchhoff::sim
