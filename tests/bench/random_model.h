#pragma once

#include <cstddef>

#include "quant/data/dataset.h"
#include "quant/model/model.h"
#include "quant/quantizer/quantizer.h"

namespace kirchhoff::quant {

/// Uniform weights that keep activations in range; the same every time.
Model random_model(const Network& network);

/// Clips that suit it.
ClipTable random_model_clips(const Model& model);

Dataset random_images(const Shape& shape, std::size_t images);

}  // namespace kirchhoff::quant
