#pragma once

#include "cli/options/options.h"
#include "cosim/workload.h"

namespace kirchhoff::cli {

/// Declares --network, --dataset, --data-dir, --weights and how values are quantised.
void declare_workload_options(Options& options, cosim::WorkloadOptions& workload);

/// Declares --network alone, for commands that need no more.
void declare_network(Options& options, std::string& network);
/// Declares --weight-quantizer alone, for commands that ask no more of a workload.
void declare_weight_quantizer(Options& options, quant::WeightQuantizer& quantizer);

/// After parsing: the dataset that fits the network, unless one was named.
void settle_workload(const Options& options, cosim::WorkloadOptions& workload);

}  // namespace kirchhoff::cli
