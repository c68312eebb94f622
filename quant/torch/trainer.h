#pragma once

#include <string>

#include "quant/data/dataset.h"
#include "quant/network/network.h"
#include "quant/training/training.h"

namespace kirchhoff::quant {

/// Trains `network` on `train`. In float32 on the CPU the same arguments give the same weights,
/// bit for bit, on every x86-64 processor and for any number of threads, whether or not the
/// training was interrupted and resumed in between. InputError: an option out of range, data that
/// do not fit the network, or a checkpoint that is broken or belongs to another training.
TrainingOutcome train_network(const Network& network, const Dataset& train,
                              const Dataset& validation, const TrainingOptions& options,
                              const TrainingCallback& callback);

/// Version of the LibTorch that is in use.
std::string torch_version();

}  // namespace kirchhoff::quant
