#include "hw/config/pe_config.h"

#include <utility>

#include <fmt/core.h>

#include "base/error.h"

namespace kirchhoff::hw {

void AdcConfig::validate() const {
  if (errors.straight()) return;
  if (bits > ConverterErrors::kMostBits) {
    throw InputError(fmt::format("adc.bits = {}: must be at most {} with {}", bits,
                                 ConverterErrors::kMostBits, errors.text()));
  }
  if (kind != AdcKind::kIntegrateFire) return;
  for (const auto& [key, value] :
       {std::pair("adc.offset_sigma", errors.offset_sigma),
        std::pair("adc.inl_lsb", errors.inl_lsb), std::pair("adc.dnl_lsb", errors.dnl_lsb)}) {
    if (value == 0) continue;
    throw InputError(fmt::format(
        "{} = {}: must be 0 with adc.kind = integrate_fire, which takes the same charge for every "
        "spike; a charge that is too large or small is adc.gain_sigma",
        key, value));
  }
}

std::string PeConfig::deviations() const {
  std::string text = cells.text();
  if (adc.errors.ideal()) return text;
  if (cells.ideal()) text = fmt::format("cells.seed = {}", cells.seed);
  return text + ", " + adc.errors.text();
}

}  // namespace kirchhoff::hw
