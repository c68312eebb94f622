#pragma once

#include <cstddef>
#include <vector>

#include "quant/accuracy/lane_map.h"
#include "quant/network/network.h"

namespace kirchhoff::quant {

/// Where the maps of kLanes images lie in one piece of memory: each from the layer that makes it to
/// the last that reads it, so that maps share a place that are not needed together.
class MapPlaces {
 public:
  explicit MapPlaces(const Network& network);

  /// Of all maps.
  std::size_t bytes() const { return bytes_; }
  std::size_t place(TensorId map) const { return places_[map]; }
  std::size_t bytes_of(TensorId map) const { return sizes_[map]; }
  /// Maps up to that of `layer` that layers behind it read, without the image: what these need to
  /// know of those before.
  std::vector<TensorId> live_after(LayerId layer) const;
  std::size_t live_bytes(LayerId layer) const;

 private:
  std::size_t bytes_ = 0;
  IndexedVector<TensorId, std::size_t> places_, sizes_;
  IndexedVector<TensorId, TensorId> last_reader_;  ///< the map that it makes
};

}  // namespace kirchhoff::quant
