#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "sim/explain.h"

namespace kirchhoff::sim {

/// An explanation as `kirchhoff explain` prints it.
std::string explanation_text(const Explanation& explanation);
/// The same as its `--json` has it.
nlohmann::ordered_json to_json(const Explanation& explanation);

}  // namespace kirchhoff::sim
