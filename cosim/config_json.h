#pragma once

#include <vector>

#include <nlohmann/json.hpp>

#include "hw/config/config_loader.h"

namespace kirchhoff::cosim {

/// The keys of a configuration as `kirchhoff config --json` and reports have them: value (numbers
/// and true/false as such, names as strings), unit, origin, source, meaning; where a constant was
/// scaled, what it was given as and for which sizes.
nlohmann::ordered_json config_json(const std::vector<hw::ConfigEntry>& entries);

}  // namespace kirchhoff::cosim
