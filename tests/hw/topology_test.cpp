#include "hw/noc/topology.h"

#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

NocConfig cmesh(int concentration) {
  NocConfig config;
  config.topology = NocTopology::kCmesh;
  config.concentration = concentration;
  return config;
}

TEST(TopologyTest, AMeshHasARouterPerTileAndTheHostAtTheFirst) {
  const Topology mesh(4, 3, {});
  EXPECT_EQ(mesh.routers(), 12);
  EXPECT_EQ(mesh.router_of(NodeId{7}), RouterId{7});
  EXPECT_EQ(mesh.router_of(mesh.host()), RouterId{0});
  EXPECT_EQ(mesh.hops(NodeId{0}, NodeId{11}), 5);
  EXPECT_FALSE(mesh.has_port(RouterId{0}, kNorth));
  EXPECT_TRUE(mesh.has_port(RouterId{0}, kEast));
  EXPECT_TRUE(mesh.has_port(RouterId{0}, mesh.port_of(mesh.host())));
  EXPECT_FALSE(mesh.has_port(RouterId{1}, mesh.port_of(mesh.host())));
}

TEST(TopologyTest, XyRoutesFirstAlongTheRow) {
  const Topology mesh(4, 3, {});
  const XyRouting routing;
  EXPECT_EQ(routing.direction(mesh, RouterId{0}, RouterId{11}), kEast);
  EXPECT_EQ(routing.direction(mesh, RouterId{3}, RouterId{11}), kSouth);
  EXPECT_EQ(routing.direction(mesh, RouterId{11}, RouterId{0}), kWest);
  EXPECT_EQ(routing.direction(mesh, RouterId{8}, RouterId{0}), kNorth);
}

// ISAAC: 14 x 12 tiles, 4 of them per router.
TEST(TopologyTest, IsaacHas42Routers) {
  const Topology isaac(14, 12, cmesh(4));
  EXPECT_EQ(isaac.routers(), 42);
  EXPECT_EQ(isaac.columns(), 7);
  EXPECT_EQ(isaac.router_of(NodeId{14}), RouterId{0});  // below tile 0
  EXPECT_EQ(isaac.router_of(NodeId{2}), RouterId{1});
  EXPECT_NEAR(isaac.share_of({TileId{0}, TileId{1}, TileId{14}, TileId{15}}).routers, 1.0, 1e-12);
  EXPECT_DOUBLE_EQ(isaac.share_of({TileId{0}}).routers, 0.25);
  EXPECT_DOUBLE_EQ(isaac.share_of({TileId{0}}).links, 0.5);
}

// Everybody sits at a router and at a port of its own; neighbours agree; XY leads everywhere in as
// many steps as there are hops; and the shares of all tiles are the chip.
TEST(TopologyTest, HoldsForAnyGrid) {
  const XyRouting routing;
  for (const NocConfig& config : {NocConfig{}, cmesh(4), cmesh(9), cmesh(16)}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {7, 6}, {3, 8}, {5, 5}}) {
      const Topology t(width, height, config);
      for (const NodeId node : ids<NodeId>(t.end_points())) {
        EXPECT_EQ(t.end_point(t.router_of(node), t.port_of(node)), node);
      }
      int links = 0;
      for (const RouterId r : ids<RouterId>(t.routers())) {
        links += t.links(r);
        for (int port = 0; port < kLocal; ++port) {
          const std::optional<RouterId> next = t.neighbour(r, port);
          if (!next) continue;
          EXPECT_EQ(t.neighbour(*next, opposite(port)), r);
        }
      }
      for (const NodeId a : ids<NodeId>(t.end_points())) {
        for (const NodeId b : ids<NodeId>(t.end_points())) {
          RouterId at = t.router_of(a);
          int steps = 0;
          const RouterId target = t.router_of(b);
          while (at != target && steps < 100) {
            at = t.neighbour(at, routing.direction(t, at, target)).value();
            ++steps;
          }
          EXPECT_EQ(steps, t.hops(a, b));
        }
      }
      const IdRange<TileId> tiles = ids<TileId>(t.tiles());
      const std::vector<TileId> all(tiles.begin(), tiles.end());
      EXPECT_NEAR(t.share_of(all).routers, t.routers(), 1e-9);
      EXPECT_NEAR(t.share_of(all).links, links, 1e-9);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::hw
