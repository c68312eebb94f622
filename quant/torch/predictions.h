#pragma once

#include <vector>

#include "quant/data/dataset.h"
#include "quant/network/network.h"
#include "quant/torch/torch_network.h"

namespace kirchhoff::quant {

/// The class with the largest output, for every image of `data`, of `network`, which was built from
/// `description`. InputError when the images do not fit it.
std::vector<int> predictions(const TorchNetwork& network, const Network& description,
                             const Dataset& data);

}  // namespace kirchhoff::quant
