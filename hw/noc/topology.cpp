#include "hw/noc/topology.h"

#include <algorithm>

namespace kirchhoff::hw {

Topology::Topology(int width, int height, const NocConfig& config)
    : width_(width),
      height_(height),
      side_(config.cluster_side()),
      columns_((width + side_ - 1) / side_),
      rows_((height + side_ - 1) / side_) {}

RouterId Topology::router_of(NodeId node) const {
  if (node == host()) return RouterId{0};
  const int x = index(node) % width_, y = index(node) / width_;
  return RouterId{(y / side_) * columns_ + x / side_};
}

int Topology::port_of(NodeId node) const {
  if (node == host()) return kLocal + side_ * side_;
  const int x = index(node) % width_, y = index(node) / width_;
  return kLocal + (y % side_) * side_ + x % side_;
}

std::optional<RouterId> Topology::neighbour(RouterId router, int port) const {
  const int x = index(router) % columns_, y = index(router) / columns_;
  const auto at = [&](int column, int row) -> std::optional<RouterId> {
    if (column < 0 || column >= columns_ || row < 0 || row >= rows_) return std::nullopt;
    return RouterId{row * columns_ + column};
  };
  switch (port) {
    case kNorth:
      return at(x, y - 1);
    case kEast:
      return at(x + 1, y);
    case kSouth:
      return at(x, y + 1);
    case kWest:
      return at(x - 1, y);
    default:
      return std::nullopt;
  }
}

std::optional<NodeId> Topology::end_point(RouterId router, int port) const {
  const int local = port - kLocal;
  if (local < 0 || local > side_ * side_) return std::nullopt;
  if (local == side_ * side_)
    return router == router_of(host()) ? std::optional(host()) : std::nullopt;
  const int x = (index(router) % columns_) * side_ + local % side_;
  const int y = (index(router) / columns_) * side_ + local / side_;
  if (x >= width_ || y >= height_) return std::nullopt;
  return NodeId{y * width_ + x};
}

int Topology::links(RouterId router) const {
  int sum = 0;
  for (int port = 0; port < kLocal; ++port) sum += neighbour(router, port).has_value();
  return sum;
}

// The clusters at the right and at the lower edge may be cut off.
int Topology::tiles_at(RouterId router) const {
  const int across = std::min(side_, width_ - (index(router) % columns_) * side_);
  const int down = std::min(side_, height_ - (index(router) / columns_) * side_);
  return across * down;
}

Topology::Share Topology::share_of(const std::vector<TileId>& tiles) const {
  Share share;
  for (const TileId tile : tiles) {
    const RouterId router = router_of(node_of(tile));
    share.routers += 1.0 / tiles_at(router);
    share.links += static_cast<double>(links(router)) / tiles_at(router);
  }
  return share;
}

std::string name_of_port(int port) {
  static const char* const directions[] = {"north", "east", "south", "west"};
  return port < kLocal ? directions[port] : "local " + std::to_string(port - kLocal);
}

int XyRouting::direction(const Topology& topology, RouterId router, RouterId target) const {
  const int columns = topology.columns();
  const int x = index(router) % columns, tx = index(target) % columns;
  if (tx > x) return kEast;
  if (tx < x) return kWest;
  return target > router ? kSouth : kNorth;
}

}  // namespace kirchhoff::hw
