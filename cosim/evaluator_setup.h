#pragma once

#include <memory>

#include "cosim/evaluator.h"
#include "cosim/workload.h"
#include "hw/config/config_loader.h"

namespace kirchhoff::cosim {

/// The configuration that the options describe, after its checks. InputError.
std::unique_ptr<hw::ConfigLoader> hardware_of(const EvaluatorOptions& options);
/// Network, dataset and weights likewise; nothing of them is read but the network's description.
WorkloadOptions workload_of(const EvaluatorOptions& options);

}  // namespace kirchhoff::cosim
