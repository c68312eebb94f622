#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/model/model.h"

namespace kirchhoff::quant {

/// Inference in float32: what accuracies are compared with and what calibration looks at.
///
/// Every product is one chain of fused multiply-adds (base/matrix_product.h) or Winograd's
/// filtering (winograd_product.h), chosen by sizes alone, so that the results are the same bits on
/// every processor and for any number of threads, and those of a network in training
/// (quant/torch/portable_layers.h).
///
/// `threads`: 0 for one per core. InputError when images do not fit the network.

/// What the network makes of every image of `data`, one image's values after the other.
std::vector<float> float_outputs(const Model& model, const Dataset& data, int threads = 0);

/// The class with the largest output, for every image of `data`.
std::vector<int> float_predictions(const Model& model, const Dataset& data, int threads = 0);

/// Percentage of `data` whose labels are the predictions.
double accuracy_pct(const std::vector<int>& predictions, const Dataset& data);

/// Percentage of `data` that `model` classifies correctly.
double float_accuracy_pct(const Model& model, const Dataset& data, int threads = 0);

/// Runs `model` over `data` and hands every map but the result (the image as pixel/255, and what
/// layers make) to `visit(map, values, count)`, some images after the other, in the order of the
/// maps, from the calling thread. Values are images x channels x rows x columns.
void visit_activations(
    const Model& model, const Dataset& data,
    const std::function<void(TensorId map, const float* values, std::size_t count)>& visit,
    int threads = 0);

}  // namespace kirchhoff::quant
