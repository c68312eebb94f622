#pragma once

#include <string>

#include "quant/data/dataset.h"
#include "quant/training/training.h"

namespace kirchhoff::cosim {

/// Trains with a progress line titled `title`; RunError that tells how to go on when the user stops
/// it.
quant::TrainingOutcome run_training(const std::string& title, const quant::Network& network,
                                    const quant::Dataset& train, const quant::Dataset& validation,
                                    const quant::TrainingOptions& options);

/// True for images that stay what they are in the mirror: a shoe does, a digit does not.
bool may_be_mirrored(const std::string& dataset);

}  // namespace kirchhoff::cosim
