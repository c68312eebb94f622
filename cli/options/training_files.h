#pragma once

#include <string>

#include "cli/options/options.h"
#include "quant/training/training.h"

namespace kirchhoff::cli {

/// After parsing: the outputs --out (`usual_out` unless given) and --checkpoint (default: OUT with
/// ".checkpoint") are ones that can be written and continued, which is checked before hours of work
/// and not after them. A training that was killed when all was done but the removal of its
/// checkpoint is resumed without being asked: its outcome is the same as a new one's.
void settle_training_files(Options& options, quant::TrainingOptions& training, std::string& out,
                           const std::string& usual_out);

}  // namespace kirchhoff::cli
