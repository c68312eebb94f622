#include "hw/noc/topology.h"

#include <algorithm>
#include <cstdlib>

namespace kirchhoff::hw {

Topology::Topology(int width, int height, const NocConfig& config)
    : width_(width),
      height_(height),
      side_(config.cluster_side()),
      columns_((width + side_ - 1) / side_),
      rows_((height + side_ - 1) / side_) {}

int Topology::router_of(NodeId node) const {
  if (node == host()) return 0;
  const int x = index(node) % width_, y = index(node) / width_;
  return (y / side_) * columns_ + x / side_;
}

int Topology::port_of(NodeId node) const {
  if (node == host()) return kLocal + side_ * side_;
  const int x = index(node) % width_, y = index(node) / width_;
  return kLocal + (y % side_) * side_ + x % side_;
}

int Topology::neighbour(int router, int port) const {
  const int x = router % columns_, y = router / columns_;
  switch (port) {
    case kNorth:
      return y > 0 ? router - columns_ : -1;
    case kEast:
      return x + 1 < columns_ ? router + 1 : -1;
    case kSouth:
      return y + 1 < rows_ ? router + columns_ : -1;
    case kWest:
      return x > 0 ? router - 1 : -1;
    default:
      return -1;
  }
}

int Topology::end_point(int router, int port) const {
  const int local = port - kLocal;
  if (local < 0 || local > side_ * side_) return -1;
  if (local == side_ * side_) return router == 0 ? index(host()) : -1;
  const int x = (router % columns_) * side_ + local % side_;
  const int y = (router / columns_) * side_ + local / side_;
  return x < width_ && y < height_ ? y * width_ + x : -1;
}

int Topology::links(int router) const {
  int sum = 0;
  for (int port = 0; port < kLocal; ++port) sum += neighbour(router, port) >= 0;
  return sum;
}

int Topology::hops(NodeId from, NodeId to) const {
  const int a = router_of(from), b = router_of(to);
  return std::abs(a % columns_ - b % columns_) + std::abs(a / columns_ - b / columns_);
}

// The clusters at the right and at the lower edge may be cut off.
int Topology::tiles_at(int router) const {
  const int across = std::min(side_, width_ - (router % columns_) * side_);
  const int down = std::min(side_, height_ - (router / columns_) * side_);
  return across * down;
}

Topology::Share Topology::share_of(const std::vector<int>& tiles) const {
  Share share;
  for (const int tile : tiles) {
    const int router = router_of(static_cast<NodeId>(tile));
    share.routers += 1.0 / tiles_at(router);
    share.links += static_cast<double>(links(router)) / tiles_at(router);
  }
  return share;
}

std::string name_of_port(int port) {
  static const char* const directions[] = {"north", "east", "south", "west"};
  return port < kLocal ? directions[port] : "local " + std::to_string(port - kLocal);
}

int XyRouting::direction(const Topology& topology, int router, int target) const {
  const int columns = topology.columns();
  const int x = router % columns, tx = target % columns;
  if (tx > x) return kEast;
  if (tx < x) return kWest;
  return target > router ? kSouth : kNorth;
}

}  // namespace kirchhoff::hw
