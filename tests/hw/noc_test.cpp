#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "hw/noc/network_interface.h"
#include "hw/noc/router.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

/// A mesh with a source and a sink per end point, the host's included.
class NocBench {
 public:
  struct Arrival {
    PacketPtr packet;
    sc_core::sc_time at;
  };
  struct EndPoint : sc_core::sc_module {
    sc_core::sc_port<NetworkIf> network{"network"};
    std::vector<PacketPtr> to_send;
    std::vector<Arrival> received;
    bool take = true;
    sc_core::sc_event taken;
    explicit EndPoint(const sc_core::sc_module_name& name) : sc_module(name) {
      SC_HAS_PROCESS(EndPoint);
      SC_THREAD(send);
      SC_THREAD(receive);
    }
    void send() {
      for (auto& packet : to_send) network->send(packet);
    }
    void receive() {
      while (true) {
        while (!take) wait(taken);
        if (auto packet = network->receive()) {
          received.push_back({packet, sc_core::sc_time_stamp()});
        } else {
          wait(network->received_event());
        }
      }
    }
  };

  NocBench(int width, int height, const NocConfig& config) : mesh{width, height}, clock(1000) {
    for (int i = 0; i < mesh.routers(); ++i) {
      routers.push_back(
          std::make_unique<Router>(("router" + std::to_string(i)).c_str(), i, mesh, config, clock));
    }
    for (int n = 0; n <= mesh.routers(); ++n) {
      interfaces.push_back(std::make_unique<NetworkInterface>(
          ("ni" + std::to_string(n)).c_str(), static_cast<NodeId>(n), config, clock, pool));
      ends.push_back(std::make_unique<EndPoint>(("end" + std::to_string(n)).c_str()));
      ends.back()->network(interfaces.back()->port);
      Router& router = *routers[static_cast<std::size_t>(mesh.router_of(static_cast<NodeId>(n)))];
      const int port = mesh.port_of(static_cast<NodeId>(n));
      interfaces.back()->to_router.bind(router.input(port));
      router.output(port).bind(interfaces.back()->from_router);
    }
    for (int i = 0; i < mesh.routers(); ++i) {
      Router& router = *routers[static_cast<std::size_t>(i)];
      if (router.has_port(kEast)) {
        router.output(kEast).bind(routers[static_cast<std::size_t>(i + 1)]->input(kWest));
        routers[static_cast<std::size_t>(i + 1)]->output(kWest).bind(router.input(kEast));
      }
      if (router.has_port(kSouth)) {
        router.output(kSouth).bind(routers[static_cast<std::size_t>(i + width)]->input(kNorth));
        routers[static_cast<std::size_t>(i + width)]->output(kNorth).bind(router.input(kSouth));
      }
    }
  }

  PacketPtr packet(int to, int flits, PacketKind kind = PacketKind::kActivation) {
    auto p = std::make_shared<Packet>();
    p->kind = kind;
    p->destination = static_cast<NodeId>(to);
    p->payload_bits = 32LL * (flits - 1);
    return p;
  }

  const Mesh mesh;
  const Clock clock;
  FlitPool pool;
  std::vector<std::unique_ptr<Router>> routers;
  std::vector<std::unique_ptr<NetworkInterface>> interfaces;
  std::vector<std::unique_ptr<EndPoint>> ends;
};

class NocTest : public SystemCTest {};

TEST(RoutingTest, XyRoutesFirstAlongTheRow) {
  const Mesh mesh{4, 3};
  EXPECT_EQ(mesh.route(0, NodeId{11}), kEast);
  EXPECT_EQ(mesh.route(3, NodeId{11}), kSouth);
  EXPECT_EQ(mesh.route(11, NodeId{11}), kLocal);
  EXPECT_EQ(mesh.route(11, mesh.host()), kWest);
  EXPECT_EQ(mesh.route(0, mesh.host()), kLocal + 1);
  EXPECT_EQ(mesh.hops(NodeId{0}, NodeId{11}), 5);
}

// Visible one cycle after sending, injection link 1, RC VA SA ST LT = 5 per router, one cycle per
// further flit.
TEST_F(NocTest, ZeroLoadLatencyIsTheFormula) {
  for (const auto& [from, to, flits] :
       {std::tuple{0, 0, 1}, {0, 3, 1}, {0, 15, 5}, {12, 3, 9}, {5, 16, 2}}) {
    NocConfig config;
    config.buffer_flits = 8;
    NocBench bench(4, 4, config);
    bench.ends[static_cast<std::size_t>(from)]->to_send.push_back(bench.packet(to, flits));
    sc_core::sc_start();
    const int routers = bench.mesh.hops(static_cast<NodeId>(from), static_cast<NodeId>(to)) + 1;
    ASSERT_EQ(bench.ends[static_cast<std::size_t>(to)]->received.size(), 1u);
    EXPECT_EQ(bench.ends[static_cast<std::size_t>(to)]->received[0].at,
              sc_core::sc_time(1 + 1 + 5 * routers + (flits - 1), sc_core::SC_NS));
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

TEST_F(NocTest, EveryPacketArrivesOnceWhateverTheLoad) {
  std::mt19937_64 engine(5);
  for (int trial = 0; trial < 6; ++trial) {
    NocConfig config;
    config.vcs = 1 + static_cast<int>(engine() % 3);
    config.buffer_flits = 1 + static_cast<int>(engine() % 6);
    config.ni_packets = 1 + static_cast<int>(engine() % 3);
    NocBench bench(3, 3, config);
    std::vector<int> expected(10, 0);
    for (std::size_t n = 0; n < 10; ++n) {
      for (int k = 0; k < 40; ++k) {
        const int to = static_cast<int>(engine() % 10);
        const auto kind = static_cast<PacketKind>(engine() % 3);
        bench.ends[n]->to_send.push_back(
            bench.packet(to, 1 + static_cast<int>(engine() % 12), kind));
        ++expected[static_cast<std::size_t>(to)];
      }
    }
    sc_core::sc_start();
    for (std::size_t n = 0; n < 10; ++n) {
      EXPECT_EQ(static_cast<int>(bench.ends[n]->received.size()), expected[n]) << trial << " " << n;
    }
    std::vector<std::string> waiting;
    for (auto& r : bench.routers) r->report_waiting(waiting);
    for (auto& i : bench.interfaces) i->report_waiting(waiting);
    EXPECT_TRUE(waiting.empty());
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
  }
}

// Two sources share the link into the destination: together they need twice the time of one.
TEST_F(NocTest, ContentionOnALinkIsPaidInTime) {
  const auto last_arrival = [](int sources) {
    NocConfig config;
    config.buffer_flits = 16;
    NocBench bench(3, 1, config);
    for (int s = 0; s < sources; ++s) {
      for (int k = 0; k < 20; ++k)
        bench.ends[static_cast<std::size_t>(s)]->to_send.push_back(bench.packet(2, 10));
    }
    sc_core::sc_start();
    const auto at = bench.ends[2]->received.back().at;
    sc_core::sc_curr_simcontext = new sc_core::sc_simcontext;
    return at.to_seconds() * 1e9;
  };
  EXPECT_NEAR(last_arrival(1), 200, 30);
  EXPECT_NEAR(last_arrival(2), 400, 30);
}

TEST_F(NocTest, ATileThatTakesNothingHoldsTheNetworkAndIsReported) {
  NocConfig config;
  config.ni_packets = 1;
  config.vcs = 1;
  NocBench bench(2, 1, config);
  for (int k = 0; k < 10; ++k) bench.ends[0]->to_send.push_back(bench.packet(1, 6));
  bench.ends[1]->take = false;
  sc_core::sc_start();
  EXPECT_TRUE(bench.ends[1]->received.empty());
  std::vector<std::string> waiting;
  for (auto& r : bench.routers) r->report_waiting(waiting);
  for (auto& i : bench.interfaces) i->report_waiting(waiting);
  const auto mentions = [&](const std::string& text) {
    return std::any_of(waiting.begin(), waiting.end(),
                       [&](const std::string& l) { return l.find(text) != std::string::npos; });
  };
  EXPECT_TRUE(mentions("waits for a credit of virtual channel 0 at output 1"));
  EXPECT_TRUE(mentions("waits for room in the receive queue"));
  EXPECT_TRUE(mentions("waits for the tile"));
  EXPECT_TRUE(mentions("from node 0 to node 1"));
  // Partial sums and credits have channels of their own and still get through.
  bench.ends[1]->take = true;
  bench.ends[1]->taken.notify();
  sc_core::sc_start();
  EXPECT_EQ(bench.ends[1]->received.size(), 10u);
}

}  // namespace
}  // namespace kirchhoff::hw
