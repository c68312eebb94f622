#include "cli/commands/cell_chips.h"

#include <cstdint>

#include <fmt/format.h>

#include "base/refusal.h"
#include "cli/commands/compare_plan.h"

namespace kirchhoff::cli {

std::vector<hw::ChipConfig> chips_of_seeds(const std::string& option, const std::string& seeds,
                                           const hw::ChipConfig& chip) {
  if (seeds.empty()) return {chip};
  if (!chip.tile.pe.real()) {
    refuse_option(option, seeds,
                  "needs cells that are not ideal, such as --cells.spread neurram, or converters, "
                  "such as --adc.offset_sigma 0.5");
  }
  std::vector<hw::ChipConfig> chips;
  for (const std::uint64_t seed : parse_seeds(option, seeds)) {
    if (seed > INT32_MAX)
      refuse_option(option, seeds, fmt::format("must be at most {}", INT32_MAX));
    chips.push_back(chip);
    chips.back().tile.pe.cells.seed = static_cast<int>(seed);
  }
  return chips;
}

}  // namespace kirchhoff::cli
