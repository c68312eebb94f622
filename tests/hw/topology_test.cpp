#include "hw/noc/topology.h"

#include <numeric>

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
  EXPECT_EQ(mesh.router_of(NodeId{7}), 7);
  EXPECT_EQ(mesh.router_of(mesh.host()), 0);
  EXPECT_EQ(mesh.hops(NodeId{0}, NodeId{11}), 5);
  EXPECT_FALSE(mesh.has_port(0, kNorth));
  EXPECT_TRUE(mesh.has_port(0, kEast));
  EXPECT_TRUE(mesh.has_port(0, mesh.port_of(mesh.host())));
  EXPECT_FALSE(mesh.has_port(1, mesh.port_of(mesh.host())));
}

TEST(TopologyTest, XyRoutesFirstAlongTheRow) {
  const Topology mesh(4, 3, {});
  const XyRouting routing;
  EXPECT_EQ(routing.direction(mesh, 0, 11), kEast);
  EXPECT_EQ(routing.direction(mesh, 3, 11), kSouth);
  EXPECT_EQ(routing.direction(mesh, 11, 0), kWest);
  EXPECT_EQ(routing.direction(mesh, 8, 0), kNorth);
}

// ISAAC: 14 x 12 tiles, 4 of them per router.
TEST(TopologyTest, IsaacHas42Routers) {
  const Topology isaac(14, 12, cmesh(4));
  EXPECT_EQ(isaac.routers(), 42);
  EXPECT_EQ(isaac.columns(), 7);
  EXPECT_EQ(isaac.router_of(NodeId{14}), 0);  // below tile 0
  EXPECT_EQ(isaac.router_of(NodeId{2}), 1);
  EXPECT_NEAR(isaac.share_of({0, 1, 14, 15}).routers, 1.0, 1e-12);
  EXPECT_DOUBLE_EQ(isaac.share_of({0}).routers, 0.25);
  EXPECT_DOUBLE_EQ(isaac.share_of({0}).links, 0.5);
}

// Everybody sits at a router and at a port of its own; neighbours agree; XY leads everywhere in as
// many steps as there are hops; and the shares of all tiles are the chip.
TEST(TopologyTest, HoldsForAnyGrid) {
  const XyRouting routing;
  for (const NocConfig& config : {NocConfig{}, cmesh(4), cmesh(9), cmesh(16)}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {7, 6}, {3, 8}, {5, 5}}) {
      const Topology t(width, height, config);
      for (int e = 0; e < t.end_points(); ++e) {
        const auto node = static_cast<NodeId>(e);
        EXPECT_EQ(t.end_point(t.router_of(node), t.port_of(node)), e);
      }
      int links = 0;
      for (int r = 0; r < t.routers(); ++r) {
        links += t.links(r);
        for (int port = 0; port < kLocal; ++port) {
          if (t.neighbour(r, port) < 0) continue;
          EXPECT_EQ(t.neighbour(t.neighbour(r, port), opposite(port)), r);
        }
      }
      for (int a = 0; a < t.end_points(); ++a) {
        for (int b = 0; b < t.end_points(); ++b) {
          int at = t.router_of(static_cast<NodeId>(a)), steps = 0;
          const int target = t.router_of(static_cast<NodeId>(b));
          while (at != target && steps < 100) {
            at = t.neighbour(at, routing.direction(t, at, target));
            ++steps;
          }
          EXPECT_EQ(steps, t.hops(static_cast<NodeId>(a), static_cast<NodeId>(b)));
        }
      }
      std::vector<int> all(static_cast<std::size_t>(t.tiles()));
      std::iota(all.begin(), all.end(), 0);
      EXPECT_NEAR(t.share_of(all).routers, t.routers(), 1e-9);
      EXPECT_NEAR(t.share_of(all).links, links, 1e-9);
    }
  }
}

}  // namespace
}  // namespace kirchhoff::hw
