#include "sim/constants.h"

#include <charconv>
#include <cmath>

#include <fmt/core.h>

#include "base/error.h"

namespace kirchhoff::sim {

Constants::Constants(const std::vector<hw::ConfigEntry>& entries) {
  hw::ConfigLoader loader;
  for (const hw::ConfigEntry& entry : entries) {
    entries_[entry.key] = entry;
    loader.set_from_flag(entry.key, entry.value);
  }
  sizes_ = hw::sizes_of(loader.finish());
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
  const std::string key = law.leak;
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

double Constants::hop_mm() const {
  if (entry("noc.topology").value != "cmesh") return number("link.mm");
  return number("link.mm") * std::ceil(std::sqrt(number("noc.concentration")));
}

Constant Constants::resolve(const std::string& key, const std::string& event) const {
  Constant constant;
  constant.name = key;
  constant.unit = entry(key).unit;
  constant.value = number(key);
  constant.inputs = {entry(key)};
  if (constant.inputs.front().given) {
    const hw::ScalingLaw& law = *hw::scaling_law(key);
    const auto leak = leak_of(law);
    constant.formula = hw::scaled_formula(law, *constant.inputs.front().given, leak, sizes_);
    const auto add = [&](const std::string& input) {
      for (const hw::ConfigEntry& known : constant.inputs)
        if (known.key == input) return;
      constant.inputs.push_back(entry(input));
    };
    if (leak) add(law.leak);
    for (const std::string& size : hw::sizes_followed(key))
      for (const char* input : hw::size_named(size).keys) add(input);
  }
  const auto derived = [&](double value, const char* formula,
                           std::initializer_list<const char*> more) {
    constant.value = value;
    constant.formula = formula;
    for (const char* input : more) constant.inputs.push_back(entry(input));
  };
  if (event == "lrs_reads" || event == "hrs_reads") {
    // Data-dependent energy counts levels of the cells.
    derived(number(key) / (std::ldexp(1.0, static_cast<int>(number("crossbar.cell_bits"))) - 1),
            event == "lrs_reads" ? "crossbar.lrs_read_pj / (2^crossbar.cell_bits - 1)"
                                 : "crossbar.hrs_read_pj / (2^crossbar.cell_bits - 1)",
            {"crossbar.cell_bits"});
  } else if (key == "crossbar.lrs_read_pj" && event == "cell_reads") {
    const double driven = number("crossbar.nominal_driven"), lrs = number("crossbar.nominal_lrs");
    derived(driven * (lrs * number(key) + (1 - lrs) * number("crossbar.hrs_read_pj")),
            "crossbar.nominal_driven x (crossbar.nominal_lrs x crossbar.lrs_read_pj + (1 - "
            "crossbar.nominal_lrs) x crossbar.hrs_read_pj)",
            {"crossbar.hrs_read_pj", "crossbar.nominal_driven", "crossbar.nominal_lrs"});
  } else if (key == "link.flit_mm_pj") {
    constant.unit = "pJ";
    derived(hop_mm() * number(key), "link.mm x tiles between routers x link.flit_mm_pj",
            {"link.mm", "noc.topology", "noc.concentration"});
  } else if (key.compare(0, 4, "adc.") == 0 && constant.value == -1) {
    const double bits = number("adc.bits"), codes = std::ldexp(1.0, static_cast<int>(bits));
    const double conversion = 0.19488 * bits + 4.2005e-4 * codes;
    const double gigahertz = number("clock.pe_mhz") / 1000 / number("adc.cycles");
    if (key == "adc.conversion_pj") {
      derived(0.9 * conversion, "0.9 x (0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits)",
              {"adc.bits"});
    } else if (key == "adc.leak_mw") {
      derived(0.1 * conversion * gigahertz,
              "0.1 x (0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits) x clock.pe_mhz / 1000 / "
              "adc.cycles",
              {"adc.bits", "adc.cycles", "clock.pe_mhz"});
    } else if (key == "adc.rated_mw") {
      derived(conversion * gigahertz,
              "(0.19488 x adc.bits + 4.2005e-4 x 2^adc.bits) x clock.pe_mhz / 1000 / adc.cycles",
              {"adc.bits", "adc.cycles", "clock.pe_mhz"});
    } else if (key == "adc.area_um2") {
      derived(81.73 * bits + 2.1335 * codes, "81.73 x adc.bits + 2.1335 x 2^adc.bits",
              {"adc.bits"});
    }
  }
  return constant;
}

}  // namespace kirchhoff::sim
