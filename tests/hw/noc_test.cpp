#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "tests/base/scratch_directory.h"
#include "tests/hw/noc_bench.h"
#include "tests/support/systemc_test.h"
#include "traces/tracer.h"
#include "traces/vcd_writer.h"

namespace kirchhoff::hw {
namespace {

class NocTest : public SystemCTest {
 protected:
  /// The next model of a test that elaborates several.
  static void new_kernel() { sc_core::sc_curr_simcontext = new sc_core::sc_simcontext; }
};

/// Both flow controls, as parameters of tests that hold for either.
class FlowControlTest : public NocTest, public ::testing::WithParamInterface<FlowControl> {};
INSTANTIATE_TEST_SUITE_P(Both, FlowControlTest,
                         ::testing::Values(FlowControl::kWormhole, FlowControl::kCutThrough),
                         [](const auto& flow) {
                           return flow.param == FlowControl::kWormhole ? "Wormhole" : "CutThrough";
                         });

int draw(std::mt19937_64& engine, int low, int high) {
  return low + static_cast<int>(engine() % static_cast<std::uint64_t>(high - low + 1));
}

// From the first cycle in which a message may leave, one after it was sent, to the arrival of its
// last flit: the formula, exactly, whatever the pipeline, the way and the length.
TEST_P(FlowControlTest, ZeroLoadLatencyIsTheFormula) {
  std::mt19937_64 engine(3);
  for (int trial = 0; trial < 30; ++trial) {
    NocConfig config;
    config.flow_control = GetParam();
    config.rc_cycles = draw(engine, 0, 3);
    config.va_cycles = draw(engine, 0, 3);
    config.sa_cycles = draw(engine, 1, 3);
    config.st_cycles = draw(engine, 0, 3);
    config.link_cycles = draw(engine, 1, 4);
    config.packet_flits = draw(engine, 2, 20);
    // Wormhole needs a place per cycle of the credit loop, or single packets would stall.
    config.buffer_flits = 24;
    config.vcs = draw(engine, 1, 3);
    config.topology = trial % 3 == 0 ? NocTopology::kCmesh : NocTopology::kMesh;
    const int width = draw(engine, 1, 6), height = draw(engine, 1, 6);
    NocBench bench(width, height, config);
    const Topology& topology = bench.noc.topology();
    const int from = draw(engine, 0, topology.tiles()), to = draw(engine, 0, topology.tiles());
    const int payload = draw(engine, 0, config.packet_flits - 1);
    bench.end(from).to_send.push_back(NocBench::packet(to, payload));
    sc_core::sc_start();
    ASSERT_EQ(bench.end(to).received.size(), 1u);
    const int hops = topology.hops(NodeId{from}, NodeId{to});
    const Cycle latency = zero_load_cycles(config, hops, payload + 1);
    EXPECT_EQ(latency, static_cast<Cycle>(config.link_cycles + payload +
                                          (hops + 1) * (config.rc_cycles + config.va_cycles +
                                                        config.sa_cycles + config.st_cycles +
                                                        config.link_cycles)));
    EXPECT_EQ(bench.end(to).received[0].at,
              sc_core::sc_time(static_cast<double>(1 + latency), sc_core::SC_NS))
        << trial;
    const LayerTraffic traffic = bench.noc.counters().layers[LayerLabel{0}];
    EXPECT_EQ(traffic.head_cycles + traffic.serialisation_cycles, latency);
    EXPECT_EQ(traffic.contention_cycles, 0u);
    EXPECT_EQ(traffic.router_flits, static_cast<std::uint64_t>((hops + 1) * (payload + 1)));
    EXPECT_EQ(traffic.link_flits, static_cast<std::uint64_t>(hops * (payload + 1)));
    new_kernel();
  }
}

// The packets of a long message follow each other without a gap when a channel and its credits are
// there in time.
TEST_P(FlowControlTest, ALongMessageIsAsFastAsItsFlits) {
  for (const int payload : {16, 31, 100, 777}) {
    NocConfig config;
    config.flow_control = GetParam();
    config.vcs = 2;
    NocBench bench(5, 4, config);
    bench.end(2).to_send.push_back(NocBench::packet(17, payload));
    sc_core::sc_start();
    ASSERT_EQ(bench.end(17).received.size(), 1u);
    const int flits = segments_of(32LL * payload, config).flits;
    EXPECT_EQ(bench.end(17).received[0].packet->flits, flits);
    EXPECT_EQ(bench.end(17).received[0].at,
              sc_core::sc_time(static_cast<double>(1 + zero_load_cycles(config, 3, flits)),
                               sc_core::SC_NS));
    new_kernel();
  }
}

TEST_P(FlowControlTest, EveryPacketArrivesOnceWhateverTheLoad) {
  std::mt19937_64 engine(5);
  for (int trial = 0; trial < 12; ++trial) {
    NocConfig config;
    config.flow_control = GetParam();
    config.vcs = draw(engine, 1, 3);
    config.buffer_flits = draw(engine, GetParam() == FlowControl::kWormhole ? 1 : 4, 8);
    config.packet_flits = draw(engine, 2, 4);
    config.ni_packets = draw(engine, 1, 3);
    config.topology = trial % 2 == 0 ? NocTopology::kMesh : NocTopology::kCmesh;
    NocBench bench(3, 3, config);
    std::vector<int> expected(10, 0);
    for (int n = 0; n < 10; ++n) {
      for (int k = 0; k < 40; ++k) {
        const int to = draw(engine, 0, 9);
        bench.end(n).to_send.push_back(
            NocBench::packet(to, draw(engine, 0, 11), static_cast<PacketKind>(draw(engine, 0, 2))));
        ++expected[static_cast<std::size_t>(to)];
      }
    }
    sc_core::sc_start();
    for (int n = 0; n < 10; ++n) {
      EXPECT_EQ(static_cast<int>(bench.end(n).received.size()),
                expected[static_cast<std::size_t>(n)])
          << trial << " " << n;
    }
    EXPECT_TRUE(bench.waiting().empty());
    // Flits are kept: what sources inject leaves by local outputs, once each.
    const NocCounters counters = bench.noc.counters();
    std::uint64_t injected = 0, delivered = 0, over_links = 0, passed = 0;
    for (const std::uint64_t flits : counters.injected_flits) injected += flits;
    for (const LinkLoad& link : counters.links) {
      (link.to_end_point ? delivered : over_links) += link.flits;
      passed += link.flits;
    }
    EXPECT_EQ(injected, counters.layers[LayerLabel{0}].flits);
    EXPECT_EQ(delivered, injected);
    EXPECT_EQ(over_links, counters.layers[LayerLabel{0}].link_flits);
    EXPECT_EQ(passed, counters.layers[LayerLabel{0}].router_flits);
    EXPECT_EQ(counters.layers[LayerLabel{0}].messages, 400u);
    // End points see every message in the cycle in which its last flit arrived: the cycles that
    // they count are those of the network.
    std::uint64_t seen = 0;
    for (auto& e : bench.ends) {
      for (const auto& arrival : e->received)
        seen += bench.clock.cycle_at(arrival.at) - arrival.packet->entered;
    }
    EXPECT_EQ(seen, counters.layers[LayerLabel{0}].head_cycles +
                        counters.layers[LayerLabel{0}].serialisation_cycles +
                        counters.layers[LayerLabel{0}].contention_cycles);
    for (const BufferMark& mark : counters.buffers)
      EXPECT_LE(mark.high_water_flits, config.buffer_flits);
    new_kernel();
  }
}

// Equal runs on one network give equal times, whatever ran in between.
TEST_P(FlowControlTest, ResetForgetsEverything) {
  NocConfig config;
  config.flow_control = GetParam();
  config.ni_packets = 2;
  NocBench bench(3, 2, config);
  elaborate();
  const auto run = [&](std::uint64_t seed) {
    bench.reset();
    std::mt19937_64 engine(seed);
    for (int n = 0; n < 7; ++n) {
      for (int k = 0; k < 20; ++k)
        bench.end(n).to_send.push_back(NocBench::packet(draw(engine, 0, 6), draw(engine, 0, 40)));
      bench.end(n).go.notify(sc_core::SC_ZERO_TIME);
    }
    const auto begin = sc_core::sc_time_stamp();
    sc_core::sc_start();
    std::vector<std::pair<std::uint64_t, double>> log;
    for (auto& e : bench.ends) {
      for (const auto& arrival : e->received)
        log.emplace_back(arrival.packet->id, (arrival.at - begin).to_seconds());
    }
    return log;
  };
  const auto first = run(1), second = run(2), again = run(1);
  EXPECT_EQ(first.size(), 140u);
  EXPECT_NE(first, second);
  ASSERT_EQ(first.size(), again.size());
  for (std::size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(first[i].first, again[i].first);
    EXPECT_NEAR(first[i].second, again[i].second, 1e-15);
  }
}

// Waking in every cycle in which something moves, as waveforms need it, changes no arrival: the
// network sleeps only while nothing can be seen from outside.
TEST_P(FlowControlTest, SleepingChangesNothing) {
  const ScratchDirectory folder;
  std::mt19937_64 engine(7);
  for (int trial = 0; trial < 6; ++trial) {
    NocConfig config;
    config.flow_control = GetParam();
    config.vcs = draw(engine, 1, 2);
    config.ni_packets = draw(engine, 1, 4);
    config.packet_flits = config.buffer_flits = draw(engine, 2, 16);
    const std::uint64_t seed = engine();
    const auto arrivals = [&](const Tracer* tracer) {
      NocBench bench(4, 3, config, nullptr, tracer);
      std::mt19937_64 messages(seed);
      for (int n = 0; n < 13; ++n) {
        for (int k = 0; k < 30; ++k) {
          bench.end(n).to_send.push_back(
              NocBench::packet(draw(messages, 0, 12), draw(messages, 0, 50),
                               static_cast<PacketKind>(draw(messages, 0, 2))));
        }
      }
      sc_core::sc_start();
      std::vector<std::pair<std::uint64_t, sc_core::sc_time>> log;
      for (auto& e : bench.ends) {
        for (const auto& arrival : e->received) log.emplace_back(arrival.packet->id, arrival.at);
      }
      new_kernel();
      return log;
    };
    VcdWriter vcd(folder.file("noc.vcd"));
    const Tracer tracer{&vcd};
    const auto awake = arrivals(&tracer);
    EXPECT_EQ(awake.size(), 13u * 30u);
    EXPECT_EQ(awake, arrivals(nullptr));
  }
}

// A place in a buffer can be used again SA + ST + LT + 1 = 4 cycles after it was taken, when the
// flit goes on at once: 2 places on one channel carry 2 flits in 4 cycles, 3 places 3, and 4 a flit
// per cycle. A head stays RC + VA cycles longer, which only a longer buffer hides.
TEST_F(NocTest, ABufferShorterThanTheCreditLoopSlowsAStream) {
  const auto cycles = [](int vcs, int places) {
    NocConfig config;
    config.flow_control = FlowControl::kWormhole;
    config.packet_flits = 0;
    config.vcs = vcs;
    config.buffer_flits = places;
    NocBench bench(2, 1, config);
    bench.end(0).to_send.push_back(NocBench::packet(1, 600));
    sc_core::sc_start();
    const auto at = static_cast<long long>(bench.clock.cycle_at(bench.end(1).received.back().at));
    new_kernel();
    return at - 601;
  };
  EXPECT_NEAR(static_cast<double>(cycles(1, 2)), 600, 20);
  EXPECT_NEAR(static_cast<double>(cycles(1, 3)), 200, 20);
  EXPECT_EQ(cycles(1, 4), 11);
  EXPECT_EQ(cycles(1, 5), 11);
  EXPECT_EQ(cycles(1, 8), 11);
}

// Cut-through releases a buffer when the tail has left it: one channel of one packet carries a
// packet of 16 flits in 16 + 5 cycles, and two channels keep the link busy.
TEST_F(NocTest, OnePacketPerBufferNeedsTwoChannels) {
  const auto cycles = [](int vcs, int places) {
    NocConfig config;
    config.flow_control = FlowControl::kCutThrough;
    config.vcs = vcs;
    config.buffer_flits = places;
    NocBench bench(2, 1, config);
    bench.end(0).to_send.push_back(NocBench::packet(1, 15 * 100));
    sc_core::sc_start();
    const Cycle at = bench.clock.cycle_at(bench.end(1).received.back().at);
    new_kernel();
    return at;
  };
  EXPECT_EQ(cycles(1, 16), 12u + 99u * 21u + 15u);
  EXPECT_EQ(cycles(1, 32), 12u + 1600u - 1u);
  EXPECT_EQ(cycles(2, 16), 12u + 1600u - 1u);
}

// Two sources share the link into the destination: together they need twice the time of one.
TEST_P(FlowControlTest, ContentionOnALinkIsPaidInTime) {
  const auto last_arrival = [](int sources) {
    NocConfig config;
    config.flow_control = GetParam();
    config.vcs = 2;  // one alone loses the cycles between a wormhole's tail and the next head
    NocBench bench(3, 1, config);
    for (int s = 0; s < sources; ++s) {
      for (int k = 0; k < 20; ++k) bench.end(s).to_send.push_back(NocBench::packet(2, 9));
    }
    sc_core::sc_start();
    const auto at = bench.end(2).received.back().at;
    new_kernel();
    return at.to_seconds() * 1e9;
  };
  EXPECT_NEAR(last_arrival(1), 200, 30);
  EXPECT_NEAR(last_arrival(2), 400, 30);
}

// Two sources that always have something to send get the same share of the link that they compete
// for.
TEST_P(FlowControlTest, ArbitrationIsFair) {
  NocConfig config;
  config.flow_control = GetParam();
  NocBench bench(3, 2, config);
  for (int k = 0; k < 60; ++k) {
    bench.end(1).to_send.push_back(NocBench::packet(2, 7));
    bench.end(4).to_send.push_back(NocBench::packet(2, 7));
    bench.end(0).to_send.push_back(NocBench::packet(2, 7));
  }
  sc_core::sc_start();
  int from_first = 0;
  for (std::size_t i = 0; i < 90; ++i)
    from_first += bench.end(2).received[i].packet->source == NodeId{1};
  EXPECT_GE(from_first, 15);
  EXPECT_LE(from_first, 45);
}

TEST_P(FlowControlTest, ATileThatTakesNothingHoldsTheNetworkAndIsReported) {
  NocConfig config;
  config.flow_control = GetParam();
  config.ni_packets = 1;
  config.vcs = 1;
  NocBench bench(2, 1, config);
  for (int k = 0; k < 10; ++k) bench.end(0).to_send.push_back(NocBench::packet(1, 5));
  bench.end(0).to_send.push_back(NocBench::packet(1, 0, PacketKind::kCredit));
  bench.end(1).take = false;
  sc_core::sc_start();
  EXPECT_TRUE(bench.end(1).received.empty());
  EXPECT_TRUE(bench.noc.stuck());
  std::vector<std::string> waiting = bench.waiting();
  const auto mentions = [&](const std::string& text) {
    return std::any_of(waiting.begin(), waiting.end(),
                       [&](const std::string& l) { return l.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(mentions("no packet of the network has moved for 100000 cycles"));
  EXPECT_TRUE(mentions("router 1, input west, virtual channel 0: waits for node 1 to take"));
  EXPECT_TRUE(mentions("waits for the tile"));
  EXPECT_TRUE(mentions("activation packet 0 (6 flits) from node 0 to node 1"));
  EXPECT_FALSE(mentions("in a circle"));
  bench.end(1).take = true;
  bench.end(1).taken.notify();
  sc_core::sc_start();
  EXPECT_EQ(bench.end(1).received.size(), 11u);
  EXPECT_TRUE(bench.noc.counters().layers[LayerLabel{0}].contention_cycles > 100000u);
}

}  // namespace
}  // namespace kirchhoff::hw
