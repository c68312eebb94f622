#pragma once

#include "hw/common/identifiers.h"

namespace kirchhoff::hw {

/// Ports of a router; local ports follow, one per end point at the router.
enum Port : int { kNorth = 0, kEast = 1, kSouth = 2, kWest = 3, kLocal = 4 };

/// The mesh: tiles row by row, one per router, and the host as a second end point of router 0.
struct Mesh {
  int width = 1;
  int height = 1;

  int routers() const { return width * height; }
  NodeId host() const { return static_cast<NodeId>(routers()); }
  int router_of(NodeId node) const { return node == host() ? 0 : index(node); }
  int local_ports(int router) const { return router == 0 ? 2 : 1; }
  int port_of(NodeId node) const { return node == host() ? kLocal + 1 : kLocal; }

  /// Dimension-order (XY) routing: output port at `router` towards `destination`. Turns from Y to X
  /// never occur, so that no cycle of channels can form.
  int route(int router, NodeId destination) const;
  /// Links between two end points' routers.
  int hops(NodeId from, NodeId to) const;
};

}  // namespace kirchhoff::hw
