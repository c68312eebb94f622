#pragma once

#include <cstddef>
#include <functional>

#include "agent/models.h"
#include "cosim/workload.h"
#include "quant/data/dataset.h"
#include "quant/training/gradient_losses.h"

namespace kirchhoff::cosim {

/// What every slot loses alone, as the gradients of the W8A8 network on the first `images` of
/// `split` predict it (quant/torch/gradient_losses.h). RunError when LibTorch cannot be loaded,
/// Stopped when the user stops it. `threads`: 0 for one per core.
agent::Sensitivities gradient_sensitivities(const agent::PolicySpace& space, Workload& workload,
                                            const quant::Dataset& split, std::size_t images,
                                            quant::GradientLoss loss, int threads,
                                            const quant::GradientProgress& progress);

}  // namespace kirchhoff::cosim
