#include <algorithm>

#include <gtest/gtest.h>

#include "tests/hw/noc_bench.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

/// Every packet goes clockwise round a 2 x 2 mesh: the textbook's cycle of channels.
class Clockwise final : public Routing {
 public:
  int direction(const Topology&, RouterId router, RouterId) const override {
    static const int directions[] = {kEast, kSouth, kNorth, kWest};
    return directions[index(router)];
  }
};

class DeadlockTest : public SystemCTest, public ::testing::WithParamInterface<FlowControl> {};
INSTANTIATE_TEST_SUITE_P(Both, DeadlockTest,
                         ::testing::Values(FlowControl::kWormhole, FlowControl::kCutThrough),
                         [](const auto& flow) {
                           return flow.param == FlowControl::kWormhole ? "Wormhole" : "CutThrough";
                         });

bool mentions(const std::vector<std::string>& lines, const std::string& text) {
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(text) != std::string::npos; });
}

NocConfig small(FlowControl flow_control) {
  NocConfig config;
  config.flow_control = flow_control;
  config.vcs = 1;
  config.packet_flits = 8;
  config.buffer_flits = flow_control == FlowControl::kWormhole ? 2 : 8;
  config.watchdog_cycles = 500;
  return config;
}

TEST_P(DeadlockTest, ARoutingDeadlockIsFoundAndItsCircleNamed) {
  const Clockwise clockwise;
  NocBench bench(2, 2, small(GetParam()), &clockwise);
  for (int n = 0; n < 4; ++n) {
    for (int k = 0; k < 2; ++k) bench.end(n).to_send.push_back(NocBench::packet(3 - n, 7));
  }
  sc_core::sc_start();
  EXPECT_TRUE(bench.noc.stuck());
  const auto waiting = bench.waiting();
  EXPECT_TRUE(mentions(waiting, "no packet of the network has moved for 500 cycles"));
  EXPECT_TRUE(mentions(waiting, "4 packets wait for each other in a circle"));
  for (int n = 0; n < 4; ++n) {
    EXPECT_TRUE(mentions(waiting, "activation packet " + std::to_string(n * 1000000) +
                                      " (8 flits) from node " + std::to_string(n) + " to node " +
                                      std::to_string(3 - n) + ": router "))
        << n;
  }
  EXPECT_TRUE(mentions(waiting, GetParam() == FlowControl::kWormhole
                                    ? "waits for a virtual channel of output"
                                    : "waits for room in router"));
}

// The same packets by dimension order: no circle, no deadlock.
TEST_P(DeadlockTest, DimensionOrderHasNone) {
  NocBench bench(2, 2, small(GetParam()));
  for (int n = 0; n < 4; ++n) {
    for (int k = 0; k < 50; ++k) bench.end(n).to_send.push_back(NocBench::packet(3 - n, 7));
  }
  sc_core::sc_start();
  EXPECT_FALSE(bench.noc.stuck());
  for (int n = 0; n < 4; ++n) EXPECT_EQ(bench.end(n).received.size(), 50u);
}

// A protocol deadlock: two end points that take nothing before they have sent everything.
TEST_P(DeadlockTest, ReceiversThatNeverTakeAreNamed) {
  NocBench bench(2, 1, small(GetParam()));
  for (int n = 0; n < 2; ++n) {
    for (int k = 0; k < 40; ++k) bench.end(n).to_send.push_back(NocBench::packet(1 - n, 7));
    bench.end(n).take = false;
  }
  sc_core::sc_start();
  EXPECT_TRUE(bench.noc.stuck());
  const auto waiting = bench.waiting();
  EXPECT_TRUE(mentions(waiting, "waits for node 0 to take a message"));
  EXPECT_TRUE(mentions(waiting, "waits for node 1 to take a message"));
  EXPECT_TRUE(mentions(waiting, "in the send queue of node 0: waits for room in router 0"));
  EXPECT_FALSE(mentions(waiting, "in a circle"));
}

// The least patience that is allowed mistakes no packet on its way for one that waits, however long
// a hop takes.
TEST_P(DeadlockTest, AWayThroughTheNetworkIsNoDeadlock) {
  NocConfig config = small(GetParam());
  config.rc_cycles = 8;
  config.va_cycles = 10;
  config.sa_cycles = config.st_cycles = config.link_cycles = 16;
  config.watchdog_cycles = config.least_watchdog_cycles();
  NocBench bench(4, 4, config);
  for (int n = 0; n < 16; ++n) {
    for (int k = 0; k < 6; ++k) bench.end(n).to_send.push_back(NocBench::packet(15 - n, 7));
  }
  sc_core::sc_start();
  EXPECT_FALSE(bench.noc.stuck());
  for (int n = 0; n < 16; ++n) EXPECT_EQ(bench.end(n).received.size(), 6u);
}

TEST_P(DeadlockTest, ASlowReceiverIsNoDeadlock) {
  NocBench bench(2, 1, small(GetParam()));
  for (int k = 0; k < 40; ++k) bench.end(0).to_send.push_back(NocBench::packet(1, 7));
  bench.end(1).take = false;
  sc_core::sc_start(sc_core::sc_time(400, sc_core::SC_NS));
  bench.end(1).take = true;
  bench.end(1).taken.notify();
  sc_core::sc_start();
  EXPECT_FALSE(bench.noc.stuck());
  EXPECT_EQ(bench.end(1).received.size(), 40u);
}

// Without a watchdog the kernel runs out of events, and the report is there all the same.
TEST_P(DeadlockTest, WithoutAWatchdogTheReportIsThereAllTheSame) {
  NocConfig config = small(GetParam());
  config.watchdog_cycles = 0;
  const Clockwise clockwise;
  NocBench bench(2, 2, config, &clockwise);
  for (int n = 0; n < 4; ++n) bench.end(n).to_send.push_back(NocBench::packet(3 - n, 7));
  sc_core::sc_start();
  EXPECT_FALSE(bench.noc.stuck());
  EXPECT_LT(sc_core::sc_time_stamp(), sc_core::sc_time(500, sc_core::SC_NS));
  EXPECT_TRUE(mentions(bench.waiting(), "4 packets wait for each other in a circle"));
}

}  // namespace
}  // namespace kirchhoff::hw
