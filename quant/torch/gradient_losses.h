#pragma once

#include <cstddef>
#include <vector>

#include "quant/data/dataset.h"
#include "quant/quantizer/quantizer.h"
#include "quant/training/gradient_losses.h"

namespace kirchhoff::quant {

/// What layers lose alone, predicted from the gradients of the W8A8 network on the first `images`
/// of `data`: nothing is measured but what that network makes of them.
///
/// For every image a backward pass per class gives the gradients of its logits z for all sums and
/// all maps that the layers read. The error e that quantising one of them to b bits makes (that of
/// the maps of the width that a layer reads, or the sums of the weights' errors, against 8 bits, by
/// the quantiser's own integers) moves the logits by dz = (dz/dx) e in first order; what the images
/// lose by that (GradientLoss) is averaged. With kFisher this is half the quadratic form of the
/// network's Fisher information, the generalised Gauss-Newton matrix of the divergence, in the
/// direction of the error (Martens, New insights and perspectives on the natural gradient method,
/// 2020): labels are summed over, not drawn, and no term beside the diagonal is left out.
/// kDivergence follows the softmax to where it saturates, which counts where the network is sure of
/// its images.
///
/// The same bits on every processor and for any number of threads. InputError when the images do
/// not fit the network.
NetworkLosses gradient_losses(Quantizer& quantizer, const std::vector<LayerId>& layers,
                              const Dataset& data, std::size_t images, GradientLoss loss,
                              const GradientProgress& progress);

}  // namespace kirchhoff::quant
