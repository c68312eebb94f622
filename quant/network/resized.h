#pragma once

#include "quant/network/network.h"

namespace kirchhoff::quant {

/// The same stages, with the same weights, for images of `height` x `width` in place of its own.
/// A reduction over the whole map takes the whole of the other map, too, and max-pooling whose
/// window is larger than its map takes that. InputError names the layer that does not fit: a fully
/// connected one whose map changes, a window larger than its padded map, a second operand of
/// another size.
Network resized(const Network& network, int height, int width);

}  // namespace kirchhoff::quant
