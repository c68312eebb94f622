#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/model/model.h"

namespace kirchhoff::quant {

class TorchNetwork;

/// Float32 predictions of `model` for every image of `data`, batched; `portable` as in
/// TorchNetworkOptions.
std::vector<int> float_predictions(const Model& model, const Dataset& data, bool portable = true);

/// Predictions of `network`, built from `description`, for every image of `data`.
std::vector<int> predictions(const TorchNetwork& network, const Network& description,
                             const Dataset& data);

/// Runs `model` over `data` and hands every layer's input activations (image/255 for the first
/// layer, values after ReLU and pooling otherwise) to `visit(layer, values, count)`, batch by
/// batch, in order.
void visit_activations(
    const Model& model, const Dataset& data,
    const std::function<void(std::size_t layer, const float* values, std::size_t count)>& visit);

}  // namespace kirchhoff::quant
