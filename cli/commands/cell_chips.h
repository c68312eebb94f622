#pragma once

#include <string>
#include <vector>

#include "hw/config/chip_config.h"

namespace kirchhoff::cli {

/// Chips that are alike but for the draws of their cells, one per seed that the text of `--option`
/// lists; the chip alone when it is empty. InputError for a chip whose cells are ideal.
std::vector<hw::ChipConfig> chips_of_seeds(const std::string& option, const std::string& seeds,
                                           const hw::ChipConfig& chip);

}  // namespace kirchhoff::cli
