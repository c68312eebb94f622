#pragma once

#include <optional>

#include "quant/network/network.h"
#include "quant/network/tensors.h"

namespace kirchhoff::quant {

/// Which widths of a layer a search may choose; the others stay at 8 bits.
struct FreeBits {
  bool weight = false;
  bool activation = false;  ///< of the map that enters
  /// Layers whose maps are of one group have one activation width; none: a width of its own.
  std::optional<TensorGroup> map = std::nullopt;
};

/// The first and the last layer with weights stay at 8/8, and with them every map that one of the
/// two reads. A layer without weights has a free activation width where its map's is chosen for
/// others that read it.
IndexedVector<LayerId, FreeBits> free_bits(const Network& network);

}  // namespace kirchhoff::quant
