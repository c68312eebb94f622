#pragma once

#include <memory>
#include <string>

#include "agent/models.h"
#include "hw/config/chip_config.h"
#include "quant/network/network.h"

namespace kirchhoff::cosim {

/// The simulated chip as a cost model: latency, energy and power of the network under a policy,
/// divided by those of W8A8 on the same chip, of `cost.batch` images each. Where layers follow one
/// another every turn of a layer is simulated once (sim/turn_costs.h), else every policy is. One
/// per process, because SystemC elaborates one chip. `hardware`: hardware_digest() of the
/// configuration, with which turns are remembered in a file of the cache folder; empty: they are
/// forgotten.
std::unique_ptr<agent::CostModel> make_chip_cost_model(const quant::Network& network,
                                                       const hw::ChipConfig& config,
                                                       const std::string& hardware = "");

}  // namespace kirchhoff::cosim
