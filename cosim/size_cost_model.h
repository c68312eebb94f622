#pragma once

#include <memory>

#include "agent/models.h"
#include "quant/network/network.h"
#include "quant/network/weight_quantizer.h"

namespace kirchhoff::cosim {

/// Weights x bits over all layers, and their codebooks, as a ratio to 8 bits everywhere. Biases are
/// not counted: the chip holds them in the SFU, at one width under every policy.
double size_ratio(const quant::Network& network, const quant::Policy& policy,
                  quant::WeightQuantizer quantizer);

/// A cost model whose limited ratio is the size; latency, energy and power are those of `costs`,
/// which is asked only for policies that are evaluated, as the chip has them.
std::unique_ptr<agent::CostModel> make_size_cost_model(std::unique_ptr<agent::CostModel> costs,
                                                       const quant::Network& network,
                                                       quant::WeightQuantizer quantizer);

}  // namespace kirchhoff::cosim
