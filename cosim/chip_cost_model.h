#pragma once

#include <memory>

#include "agent/models.h"
#include "hw/config/chip_config.h"
#include "quant/network/network.h"

namespace kirchhoff::cosim {

/// The simulated chip as a cost model: runs the network under a policy and divides its latency,
/// energy and power by those of W8A8 on the same chip, of `cost.batch` images each. One per
/// process, because SystemC elaborates one chip.
std::unique_ptr<agent::CostModel> make_chip_cost_model(const quant::Network& network,
                                                       const hw::ChipConfig& config);

}  // namespace kirchhoff::cosim
