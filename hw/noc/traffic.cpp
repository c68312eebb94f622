#include "hw/noc/traffic.h"

#include "base/portable_math.h"

namespace kirchhoff::hw {

namespace {

// In (0, 1], and the same on every standard library.
double uniform(std::mt19937_64& engine) {
  return (static_cast<double>(engine() >> 11) + 1.0) / 9007199254740992.0;
}

}  // namespace

TileId destination_of(const Traffic& traffic, const Topology& topology, TileId source,
                      std::mt19937_64& engine) {
  const int width = topology.width(), height = topology.height();
  const int x = index(source) % width, y = index(source) / width;
  switch (traffic.pattern) {
    case TrafficPattern::kTranspose:
      return TileId{x * width + y};
    case TrafficPattern::kNeighbour:
      return TileId{(y + 1) % height * width + (x + 1) % width};
    case TrafficPattern::kHotspot:
      if (uniform(engine) <= traffic.hotspot_share) return TileId{height / 2 * width + width / 2};
      break;
    case TrafficPattern::kUniform:
      break;
  }
  return to_id<TileId>(engine() % static_cast<std::uint64_t>(topology.tiles()));
}

std::uint64_t gap(const Traffic& traffic, std::mt19937_64& engine) {
  const double probability = traffic.rate / traffic.packet_flits;
  if (probability >= 1) return 1;
  return 1 + static_cast<std::uint64_t>(base::portable_log(uniform(engine)) /
                                        base::portable_log1p(-probability));
}

}  // namespace kirchhoff::hw
