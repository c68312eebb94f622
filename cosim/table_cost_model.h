#pragma once

#include <memory>
#include <string>

#include "agent/limit.h"
#include "agent/models.h"
#include "hw/config/config_loader.h"
#include "quant/network/network.h"
#include "sim/cost_table.h"

namespace kirchhoff::cosim {

/// Digest of everything that the costs of a policy depend on but the policy and the network: all
/// keys of the configuration except the weights of the normalised cost.
std::string hardware_digest(const hw::ConfigLoader& loader);

/// Reads a table, or one of HAQ's (sim/haq_table.h), for `network` that has every pair that a
/// search may ask for and no total below 0. InputError when it does not, or when it says that it
/// was made on other hardware than `loader` describes; a table that does not name its hardware is
/// taken as it is.
sim::CostTable load_cost_table(const std::string& path, const quant::Network& network,
                               const hw::ConfigLoader& loader);

/// InputError when the table, which came from `path`, does not know what a search is limited by.
void refuse_limit(const sim::CostTable& table, const std::string& path, agent::Limit limit);

/// A table that load_cost_table() would take as a cost model: sums over the layers, divided by
/// those of W8A8. Of one that knows latencies only the cost is the latency, and the other ratios
/// stay 1.
std::unique_ptr<agent::CostModel> make_table_cost_model(sim::CostTable table,
                                                        const quant::Network& network,
                                                        const hw::CostConfig& weights);

}  // namespace kirchhoff::cosim
