#pragma once

#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "hw/config/chip_config.h"
#include "hw/config/identifiers.h"

namespace kirchhoff::hw {

/// Ports of a router; local ports follow, one per end point at the router.
enum Port : int { kNorth = 0, kEast = 1, kSouth = 2, kWest = 3, kLocal = 4 };

/// The port at the other end of a link between routers.
constexpr int opposite(int port) { return (port + 2) % 4; }
/// "north", …, "local 0", ….
std::string name_of_port(int port);

/// Which end point sits at which router and which routers are neighbours. Tiles are numbered row by
/// row over their grid; a square of `side` x `side` tiles shares a router (side = 1: mesh, more:
/// concentrated mesh), and the routers form a mesh of their own. The host is one more end point of
/// router 0, numbered after the last tile.
class Topology {
 public:
  /// `width` x `height` tiles; `config` says how many share a router.
  Topology(int width, int height, const NocConfig& config);

  int width() const { return width_; }    ///< of the grid of tiles
  int height() const { return height_; }  ///< of the grid of tiles
  int tiles() const { return width_ * height_; }
  int end_points() const { return tiles() + 1; }
  NodeId host() const { return NodeId{tiles()}; }
  int side() const { return side_; }

  int columns() const { return columns_; }  ///< of routers
  int rows() const { return rows_; }        ///< of routers
  int routers() const { return columns_ * rows_; }
  /// The same for every router, present or not: four directions and the end points.
  int ports() const { return kLocal + side_ * side_ + 1; }
  RouterId router_of(NodeId node) const;
  /// Port of its router at which the end point sits.
  int port_of(NodeId node) const;
  /// Router behind a direction; none at the edge of the mesh.
  std::optional<RouterId> neighbour(RouterId router, int port) const;
  /// End point behind a local port, if there is one.
  std::optional<NodeId> end_point(RouterId router, int port) const;
  bool has_port(RouterId router, int port) const {
    return port < kLocal ? neighbour(router, port).has_value()
                         : end_point(router, port).has_value();
  }
  /// Directed links from `router` to its neighbours.
  int links(RouterId router) const;
  /// Links between two routers, or two end points' routers, on a shortest path.
  int hops(NodeId from, NodeId to) const { return hops(router_of(from), router_of(to)); }
  int hops(RouterId from, RouterId to) const {
    const int a = index(from), b = index(to);
    return std::abs(a % columns_ - b % columns_) + std::abs(a / columns_ - b / columns_);
  }

  /// What tiles account for: a router that serves n tiles counts 1/n for each of them, and so do
  /// its outgoing links. Summed over all tiles: the routers and the links of the chip.
  struct Share {
    double routers = 0, links = 0;
  };
  Share share_of(const std::vector<TileId>& tiles) const;

 private:
  int tiles_at(RouterId router) const;
  int width_, height_, side_, columns_, rows_;
};

/// Chooses the output port of a packet. The chip's is dimension order; tests may take another.
class Routing {
 public:
  virtual ~Routing() = default;
  /// Direction at `router` towards the router `target`, which is another one.
  virtual int direction(const Topology& topology, RouterId router, RouterId target) const = 0;
};

/// Dimension order (XY): first along the row, then along the column. Turns from Y to X never occur,
/// so no cycle of channels can form.
class XyRouting final : public Routing {
 public:
  int direction(const Topology& topology, RouterId router, RouterId target) const override;
};

}  // namespace kirchhoff::hw
