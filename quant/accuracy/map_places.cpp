#include "quant/accuracy/map_places.h"

#include <algorithm>

namespace kirchhoff::quant {

MapPlaces::MapPlaces(const Network& network) {
  constexpr std::size_t kLine = 64;
  for (const TensorId map : network.tensors()) {
    const auto values = static_cast<std::size_t>(network.shape_of(map).size());
    sizes_.push_back((values * kLanes + kLine - 1) / kLine * kLine);
    last_reader_.push_back(map);
  }
  for (const LayerId l : network.layers.ids()) {
    const Layer& layer = network.layers[l];
    for (const auto* maps : {&layer.inputs, &layer.residual})
      for (const TensorId map : *maps) last_reader_[map] = output_of(l);
  }
  // The lowest gap between those that are there, which are ordered by place.
  std::vector<TensorId> there;
  for (const TensorId map : network.tensors()) {
    std::size_t place = 0;
    there.erase(std::remove_if(there.begin(), there.end(),
                               [&](TensorId other) { return last_reader_[other] < map; }),
                there.end());
    auto next = there.begin();
    for (; next != there.end() && places_[*next] < place + sizes_[map]; ++next)
      place = places_[*next] + sizes_[*next];
    there.insert(next, map);
    places_.push_back(place);
    bytes_ = std::max(bytes_, place + sizes_[map]);
  }
}

std::vector<TensorId> MapPlaces::live_after(LayerId layer) const {
  std::vector<TensorId> live;
  for (const TensorId map : IdRange(following(kImage), following(output_of(layer)))) {
    if (last_reader_[map] > output_of(layer)) live.push_back(map);
  }
  return live;
}

std::size_t MapPlaces::live_bytes(LayerId layer) const {
  std::size_t bytes = 0;
  for (const TensorId map : live_after(layer)) bytes += sizes_[map];
  return bytes;
}

}  // namespace kirchhoff::quant
