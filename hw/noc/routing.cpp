#include "hw/noc/routing.h"

#include <cstdlib>

namespace kirchhoff::hw {

int Mesh::route(int router, NodeId destination) const {
  const int target = router_of(destination);
  const int x = router % width, y = router / width;
  const int tx = target % width, ty = target / width;
  if (tx > x) return kEast;
  if (tx < x) return kWest;
  if (ty > y) return kSouth;
  if (ty < y) return kNorth;
  return port_of(destination);
}

int Mesh::hops(NodeId from, NodeId to) const {
  const int a = router_of(from), b = router_of(to);
  return std::abs(a % width - b % width) + std::abs(a / width - b / width);
}

}  // namespace kirchhoff::hw
