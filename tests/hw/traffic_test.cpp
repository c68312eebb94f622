#include <map>

#include <gtest/gtest.h>

#include "hw/noc/traffic_bench.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

/// The router of the BookSim figures: 2 channels of 4 flits, one cycle per stage.
NocConfig baseline() {
  NocConfig config;
  config.flow_control = FlowControl::kWormhole;
  config.packet_flits = 0;
  config.vcs = 2;
  config.buffer_flits = 4;
  return config;
}

NocConfig cut_through() {
  NocConfig config;
  config.flow_control = FlowControl::kCutThrough;
  return config;
}

Traffic traffic(TrafficPattern pattern, double rate, int packet_flits) {
  Traffic t;
  t.pattern = pattern;
  t.rate = rate;
  t.packet_flits = packet_flits;
  return t;
}

class TrafficTest : public SystemCTest {};

TEST(TrafficPatternTest, DestinationsFollowTheDefinition) {
  const Topology topology(4, 4, {});
  std::mt19937_64 engine(1);
  for (const TileId source : ids<TileId>(16)) {
    const int x = index(source) % 4, y = index(source) / 4;
    EXPECT_EQ(destination_of(traffic(TrafficPattern::kTranspose, 0.1, 1), topology, source, engine),
              TileId{x * 4 + y});
    EXPECT_EQ(destination_of(traffic(TrafficPattern::kNeighbour, 0.1, 1), topology, source, engine),
              (TileId{(y + 1) % 4 * 4 + (x + 1) % 4}));
  }
  std::map<TileId, int> uniform, hotspot;
  const int draws = 32000;
  for (int i = 0; i < draws; ++i) {
    ++uniform[destination_of(traffic(TrafficPattern::kUniform, 0.1, 1), topology, TileId{3},
                             engine)];
    ++hotspot[destination_of(traffic(TrafficPattern::kHotspot, 0.1, 1), topology, TileId{3},
                             engine)];
  }
  for (const TileId tile : ids<TileId>(16)) {
    EXPECT_NEAR(uniform[tile], draws / 16.0, 250);
    EXPECT_NEAR(hotspot[tile], 0.9 * draws / 16 + (tile == TileId{10} ? 0.1 * draws : 0), 250);
  }
}

TEST(TrafficPatternTest, PacketsComeAtTheRate) {
  std::mt19937_64 engine(2);
  for (const auto& [rate, flits] : {std::pair{0.02, 1}, {0.4, 4}, {1.0, 4}, {1.0, 1}}) {
    std::uint64_t cycles = 0;
    for (int i = 0; i < 20000; ++i)
      cycles += gap(traffic(TrafficPattern::kUniform, rate, flits), engine);
    EXPECT_NEAR(20000.0 * flits / static_cast<double>(cycles), rate, 0.03 * rate);
  }
}

// A flit waits for those before it in its packet: on average half of them. What BookSim 2 measures
// at this load is in sim/witness.cpp.
TEST_F(TrafficTest, LowLoadLatencyOfFlitsIsThatOfPacketsLessHalfTheOthers) {
  TrafficBench bench(8, 8, baseline(), 1000);
  const auto one = bench.run(traffic(TrafficPattern::kUniform, 0.02, 1), 1000, 10000);
  EXPECT_DOUBLE_EQ(one.flit_mean, one.mean);
  const auto four = bench.run(traffic(TrafficPattern::kUniform, 0.02, 4), 1000, 10000);
  EXPECT_NEAR(four.flit_mean, four.mean - 1.5, 0.2);
}

// What holds for any network under any load: nothing is lost, latency rises with load and starts at
// the formula, and saturation caps what is accepted below the bound of the bisection, 4/k flits per
// node and cycle for a k x k mesh under uniform traffic.
TEST_F(TrafficTest, LatencyRisesUpToSaturation) {
  for (const NocConfig& config : {baseline(), cut_through()}) {
    TrafficBench bench(8, 8, config, 1000);
    double before = 0;
    TrafficPoint point;
    for (const double rate : {0.01, 0.1, 0.2, 0.28}) {
      point = bench.run(traffic(TrafficPattern::kUniform, rate, 4), 2000, 6000);
      EXPECT_FALSE(point.saturated) << rate;
      EXPECT_NEAR(point.accepted, point.offered, 0.03 * point.offered + 0.001) << rate;
      EXPECT_GE(point.mean, point.zero_load);
      EXPECT_LE(point.p50, point.p95);
      EXPECT_LE(point.p95, point.p99);
      EXPECT_GT(point.mean, before);
      before = point.mean;
      if (rate < 0.02) {
        EXPECT_NEAR(point.mean, point.zero_load, 0.03 * point.zero_load);
      }
    }
    const auto over = bench.run(traffic(TrafficPattern::kUniform, 0.6, 4), 2000, 6000);
    EXPECT_TRUE(over.saturated);
    EXPECT_LT(over.accepted, 0.5);
    EXPECT_GT(over.accepted, 0.3);
    // Under transposition and dimension order a link of the middle carries k - 1 sources: the bound
    // is 1/7.
    EXPECT_FALSE(bench.run(traffic(TrafficPattern::kTranspose, 0.12, 4), 2000, 6000).saturated);
    EXPECT_TRUE(bench.run(traffic(TrafficPattern::kTranspose, 0.16, 4), 2000, 6000).saturated);
    EXPECT_LE(over.links.front().flits, 6000u);
    EXPECT_GE(over.links.front().flits, over.links.back().flits);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

// Saturation is what a longer run would show: packets that are on their way at the end of a short
// one are none.
TEST_F(TrafficTest, AShortRunOfAnIdleNetworkIsNotSaturated) {
  for (const NocConfig& config : {baseline(), cut_through()}) {
    TrafficBench bench(8, 8, config, 1000);
    for (const Cycle cycles : {20, 200, 2000}) {
      for (const double rate : {0.02, 0.1}) {
        const auto point = bench.run(traffic(TrafficPattern::kUniform, rate, 4), 0, cycles);
        EXPECT_GT(point.packets, 0u);
        EXPECT_FALSE(point.saturated) << rate << " for " << cycles;
      }
      if (cycles > 100) {
        EXPECT_TRUE(bench.run(traffic(TrafficPattern::kUniform, 0.9, 4), 0, cycles).saturated)
            << cycles;
      }
    }
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

// What waits for the credit of a tail, and what waits longer for credits, carries less; at low load
// neither is felt.
TEST_F(TrafficTest, LateReuseAndLateCreditsSaturateEarlier) {
  struct Router {
    VcReuse reuse;
    int credit_cycles;
  };
  std::vector<double> peak, idle;
  for (const Router& router : {Router{VcReuse::kTailSent, 1},
                               {VcReuse::kTailSent, 3},
                               {VcReuse::kTailCredit, 1},
                               {VcReuse::kTailCredit, 3}}) {
    NocConfig config = baseline();
    config.vc_reuse = router.reuse;
    config.credit_cycles = router.credit_cycles;
    TrafficBench bench(8, 8, config, 1000);
    peak.push_back(bench.run(traffic(TrafficPattern::kUniform, 0.5, 4), 500, 1500).accepted);
    const auto low = bench.run(traffic(TrafficPattern::kUniform, 0.01, 4), 500, 6000);
    EXPECT_FALSE(low.saturated);
    EXPECT_EQ(low.unfinished, 0u);
    idle.push_back(low.mean);
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
  EXPECT_LT(peak[1], 0.95 * peak[0]);
  EXPECT_LT(peak[2], 0.95 * peak[0]);
  EXPECT_LT(peak[3], 0.95 * peak[1]);
  EXPECT_LT(peak[3], 0.95 * peak[2]);
  for (const double mean : idle) EXPECT_NEAR(mean, idle[0], 0.06 * idle[0]);
}

// A stream of single flits through one channel: a place comes back after SA + ST + LT and the
// credit, so that few places carry one flit per turn of that loop each.
TEST_F(TrafficTest, CreditsBoundAStreamByTheirLoop) {
  for (const int credit : {1, 2, 5}) {
    NocConfig config = baseline();
    config.vcs = 1;
    config.buffer_flits = 2;
    config.packet_flits = 0;
    config.credit_cycles = credit;
    TrafficBench bench(2, 2, config, 1000);
    // Long packets between neighbours: a body flit follows another one.
    const auto point = bench.run(traffic(TrafficPattern::kNeighbour, 1.0, 400), 2000, 20000);
    EXPECT_NEAR(point.accepted, 2.0 / (3 + credit), 0.03) << credit;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

TEST_F(TrafficTest, SourcesAddUpToTheNetwork) {
  TrafficBench bench(4, 4, baseline(), 1000);
  for (const double rate : {0.1, 0.9}) {
    const auto point = bench.run(traffic(TrafficPattern::kTranspose, rate, 4), 500, 3000);
    ASSERT_EQ(point.sources.size(), 16u);
    std::uint64_t packets = 0;
    double accepted = 0;
    for (const TrafficSource& source : point.sources) {
      packets += source.packets;
      accepted += source.accepted;
      EXPECT_GT(source.packets, 0u);
    }
    EXPECT_EQ(packets, point.packets);
    EXPECT_NEAR(accepted / 16, point.accepted, 1e-12);
    // A tile of the diagonal sends to itself and shares no link with anybody.
    if (rate > 0.5) {
      EXPECT_GT(point.sources[TileId{5}].accepted, 1.5 * point.sources[TileId{3}].accepted);
    }
  }
}

// One tile takes one flit per cycle: the load on it is what a hot spot can take.
TEST_F(TrafficTest, AHotSpotSaturatesItsOwnLink) {
  TrafficBench bench(8, 8, cut_through(), 1000);
  Traffic hot = traffic(TrafficPattern::kHotspot, 0.3, 4);
  hot.hotspot_share = 0.2;
  const auto point = bench.run(hot, 2000, 6000);
  EXPECT_TRUE(point.saturated);
  EXPECT_EQ(point.links.front().to_end_point, NodeId{4 * 8 + 4});
  EXPECT_GT(point.links.front().flits, 5900u);
}

TEST_F(TrafficTest, EqualSeedsGiveEqualPoints) {
  TrafficBench bench(4, 4, cut_through(), 1000);
  Traffic t = traffic(TrafficPattern::kUniform, 0.3, 6);
  const auto first = bench.run(t, 500, 3000);
  t.seed = 2;
  const auto other = bench.run(t, 500, 3000);
  t.seed = 1;
  const auto again = bench.run(t, 500, 3000);
  EXPECT_EQ(first.mean, again.mean);
  EXPECT_EQ(first.packets, again.packets);
  EXPECT_EQ(first.accepted, again.accepted);
  EXPECT_NE(first.mean, other.mean);
}

// Four tiles per router: fewer hops, fewer routers, and less bisection to share.
TEST_F(TrafficTest, AConcentratedMeshHasShorterWaysAndSaturatesEarlier) {
  TrafficBench mesh(8, 8, cut_through(), 1000);
  const auto t = traffic(TrafficPattern::kUniform, 0.02, 4);
  const auto far = mesh.run(t, 500, 3000);
  const auto mesh_peak = mesh.run(traffic(TrafficPattern::kUniform, 0.9, 4), 1000, 3000).accepted;
  sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  NocConfig config = cut_through();
  config.topology = NocTopology::kCmesh;
  TrafficBench cmesh(8, 8, config, 1000);
  EXPECT_EQ(cmesh.topology().routers(), 16);
  const auto near = cmesh.run(t, 500, 3000);
  EXPECT_NEAR(near.hops, 2.5, 0.1);
  EXPECT_LT(near.mean, far.mean);
  EXPECT_LT(cmesh.run(traffic(TrafficPattern::kUniform, 0.9, 4), 1000, 3000).accepted, mesh_peak);
}

}  // namespace
}  // namespace kirchhoff::hw
