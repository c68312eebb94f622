#pragma once

#include <nlohmann/json.hpp>

#include "cosim/evaluator.h"

namespace kirchhoff::cosim {

/// What an Evaluator says, as `kirchhoff serve` answers it and as Python gets it.
nlohmann::ordered_json cost_json(const PolicyCost& cost, const quant::Policy& policy);
nlohmann::ordered_json layers_json(const PolicyCost& cost);
nlohmann::ordered_json accuracy_json(const PolicyAccuracy& accuracy, Split split);
/// Name, shape of an image, and every layer with its shapes.
nlohmann::ordered_json network_json(const quant::Network& network);

}  // namespace kirchhoff::cosim
