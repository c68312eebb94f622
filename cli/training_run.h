#pragma once

#include <string>

#include "cli/options.h"
#include "quant/data/dataset.h"
#include "quant/training/training.h"

namespace kirchhoff::cli {

/// After parsing: the outputs --out (`usual_out` unless given) and --checkpoint (default: OUT with
/// ".checkpoint") are ones that can be written and continued, which is checked before hours of work
/// and not after them. A training that was killed when all was done but the removal of its
/// checkpoint is resumed without being asked: its outcome is the same as a new one's.
void settle_training_files(Options& options, quant::TrainingOptions& training, std::string& out,
                           const std::string& usual_out);

/// Trains with a progress line titled `title`; RunError that tells how to go on when the user stops
/// it.
quant::TrainingOutcome run_training(const std::string& title, const quant::Network& network,
                                    const quant::Dataset& train, const quant::Dataset& validation,
                                    const quant::TrainingOptions& options);

/// True for images that stay what they are in the mirror: a shoe does, a digit does not.
bool may_be_mirrored(const std::string& dataset);

}  // namespace kirchhoff::cli
