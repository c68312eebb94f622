#pragma once

#include <cstdint>
#include <random>

#include "hw/noc/topology.h"

namespace kirchhoff::hw {

/// Synthetic traffic between the tiles, as the literature on networks defines it. Tile (x, y) of a
/// k x m grid sends to
///   uniform    any tile with the same probability, itself included (as BookSim does)
///   transpose  (y, x); the grid must be square
///   hotspot    the tile in the middle with probability `hotspot_share`, else as uniform
///   neighbour  ((x + 1) mod k, (y + 1) mod m)
enum class TrafficPattern { kUniform, kTranspose, kHotspot, kNeighbour };
inline constexpr const char* kTrafficPatternNames[] = {"uniform", "transpose", "hotspot",
                                                       "neighbour"};

/// Open-loop traffic: every tile begins a packet with the same probability in every cycle, whether
/// or not the network takes it.
struct Traffic {
  TrafficPattern pattern = TrafficPattern::kUniform;
  double rate = 0.1;           ///< flits per node and cycle, in (0, 1]
  int packet_flits = 4;        ///< head included
  double hotspot_share = 0.1;  ///< of packets to the hot spot, in [0, 1]
  std::uint64_t seed = 1;
};

/// Destination of the next packet of `source`.
TileId destination_of(const Traffic& traffic, const Topology& topology, TileId source,
                      std::mt19937_64& engine);

/// Cycles from one packet to the next: geometrically distributed, at least 1.
std::uint64_t gap(const Traffic& traffic, std::mt19937_64& engine);

}  // namespace kirchhoff::hw
