#include "hw/host/host_port.h"

#include <deque>

#include <gtest/gtest.h>

#include "hw/host/config_bus.h"
#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

/// Takes what the host sends and plays results back.
struct StubNetwork : sc_core::sc_module, NetworkIf {
  std::vector<Packet> sent;
  std::deque<PacketPtr> results;
  const std::shared_ptr<Agenda> agenda = Agenda::of_kernel();
  Event event{*agenda};
  explicit StubNetwork(const sc_core::sc_module_name& name) : sc_module(name) {}
  void send(PacketPtr packet) override { sent.push_back(*packet); }
  PacketPtr receive() override {
    if (results.empty()) return nullptr;
    auto packet = results.front();
    results.pop_front();
    return packet;
  }
  Event& received() override { return event; }
};

/// A tile's register interface: one word.
struct StubTile : sc_core::sc_module {
  tlm_utils::simple_target_socket<StubTile> socket{"socket"};
  std::uint64_t address = 0;
  std::uint32_t word = 0;
  explicit StubTile(const sc_core::sc_module_name& name) : sc_module(name) {
    socket.register_transport_dbg(this, &StubTile::access);
    socket.register_b_transport(this, &StubTile::blocking);
  }
  unsigned access(tlm::tlm_generic_payload& trans) {
    address = trans.get_address();
    auto* data = reinterpret_cast<std::uint32_t*>(trans.get_data_ptr());
    if (trans.is_write()) {
      word = *data;
    } else {
      *data = word;
    }
    return 4;
  }
  void blocking(tlm::tlm_generic_payload& trans, sc_core::sc_time&) {
    access(trans);
    trans.set_response_status(tlm::TLM_OK_RESPONSE);
  }
};

class HostTest : public SystemCTest {
 protected:
  HostTest() {
    host_.network(network_);
    host_.config_socket.bind(bus_.host_socket);
    bus_.tile_sockets.bind(first_.socket);
    bus_.tile_sockets.bind(second_.socket);
  }
  Clock clock_{1000};
  HostPort host_{"host", clock_};
  ConfigBus bus_{"bus"};
  StubTile first_{"first"}, second_{"second"};
  StubNetwork network_{"network"};
};

TEST_F(HostTest, RegisterAccessesReachTheTileOfTheAddress) {
  elaborate();
  const std::uint32_t value = 42;
  EXPECT_TRUE(host_.write(reg::kTileStride + reg::at(&LayerRegisters::weight_bits), &value, 4));
  EXPECT_EQ(second_.word, 42u);
  EXPECT_EQ(second_.address, reg::at(&LayerRegisters::weight_bits));
  EXPECT_EQ(first_.word, 0u);
  std::uint32_t back = 0;
  EXPECT_TRUE(host_.read(reg::kTileStride + reg::at(&LayerRegisters::weight_bits), &back, 4));
  EXPECT_EQ(back, 42u);
  EXPECT_FALSE(host_.write(2 * reg::kTileStride, &value, 4));
}

TEST_F(HostTest, ImagesTravelRowByRowPixelByPixel) {
  elaborate();
  HostJob job;
  job.functional = true;
  job.maps = {{2, 2, 3, 8, {}}};
  for (int i = 0; i < 12; ++i) job.maps.front().pixels.push_back(i);
  job.routes = {{TileId{4}, 0, 0, 2, 2, 0, 0, {}}, {TileId{5}, 1, 1, 1, 2, 0, 0, {}}};
  job.result_channels = job.result_pixels = 1;
  job.expected = 1;
  host_.begin(job);
  sc_core::sc_start();
  ASSERT_EQ(network_.sent.size(), 4u);
  EXPECT_EQ(network_.sent[0].values, (std::vector<std::int32_t>{0, 6, 1, 7, 2, 8}));
  EXPECT_EQ(network_.sent[0].payload_bits, 48);
  EXPECT_EQ(network_.sent[1].values, (std::vector<std::int32_t>{6, 7, 8}));
  EXPECT_EQ(network_.sent[1].destination, NodeId{5});
  EXPECT_EQ(network_.sent[2].index, 3);
  EXPECT_EQ(network_.sent[2].count, 3);
  EXPECT_FALSE(host_.done());
}

TEST_F(HostTest, LatencyEndsWithTheLastResult) {
  elaborate();
  HostJob job;
  job.functional = true;
  job.maps = {{1, 1, 1, 8, {9}}};
  job.routes = {{TileId{0}, 0, 0, 1, 1, 0, 0, {}}};
  job.result_channels = 4;
  job.result_pixels = 1;
  job.expected = 4;
  host_.begin(job);
  sc_core::sc_start();
  for (int half = 0; half < 2; ++half) {
    sc_core::sc_start(sc_core::sc_time(100, sc_core::SC_NS));
    auto packet = std::make_shared<Packet>();
    packet->kind = PacketKind::kResult;
    packet->channel_begin = 2 * half;
    packet->channels = 2;
    packet->sums = {10 + half, 20 + half};
    network_.results.push_back(packet);
    network_.event.notify();
    sc_core::sc_start();
    EXPECT_EQ(host_.done(), half == 1);
  }
  EXPECT_EQ(host_.results(), (Sums{10, 20, 11, 21}));
  const ImageTimes& times = host_.times().front();
  EXPECT_EQ(times.last_result - times.first_pixel, sc_core::sc_time(200, sc_core::SC_NS));
}

/// With a host that plays back what tiles send.
class HostStreamTest : public HostTest {
 protected:
  static HostJob two_images() {
    HostJob job;
    job.images = 2;
    job.maps = {{1, 3, 1, 8, {}}};
    job.routes = {{TileId{0}, 0, 0, 1, 2, 0, 0, {}}};
    job.result_channels = job.result_pixels = 1;
    job.expected = 1;
    return job;
  }
  void deliver(PacketKind kind, int index, const std::vector<std::int32_t>& values = {}) {
    auto packet = std::make_shared<Packet>();
    packet->kind = kind;
    packet->source = NodeId{0};
    packet->index = index;
    packet->channels = 1;
    packet->values = values;
    network_.results.push_back(packet);
    network_.event.notify();
    sc_core::sc_start();
  }
};

// Rows beyond the tile's buffer wait for its credits; images do not wait for one another's results.
TEST_F(HostStreamTest, CreditsHoldTheStreamBack) {
  elaborate();
  host_.begin(two_images());
  sc_core::sc_start();
  EXPECT_EQ(network_.sent.size(), 2u);
  deliver(PacketKind::kBufferCredit, 5);
  EXPECT_EQ(network_.sent.size(), 5u);
  deliver(PacketKind::kResult, 0);
  EXPECT_EQ(network_.sent.size(), 5u);
  deliver(PacketKind::kBufferCredit, 6);
  EXPECT_EQ(network_.sent.size(), 6u);
  EXPECT_EQ(network_.sent.back().index, 5);
  deliver(PacketKind::kResult, 1);
  EXPECT_TRUE(host_.done());
}

// A map that a tile has no room for holds back no other; each operand has credits of its own.
TEST_F(HostStreamTest, MapsDoNotWaitForEachOther) {
  elaborate();
  HostJob job;
  job.maps = {{1, 3, 1, 8, {}}, {4, 2, 1, 6, {}}};
  job.routes = {{TileId{0}, 0, 0, 1, 1, 0, 0, {}}, {TileId{0}, 0, 1, 2, 1, 0, 0, {}, 1, 7, 1}};
  job.routes.back().layer = LayerLabel{3};
  job.result_channels = job.result_pixels = 1;
  job.expected = 1;
  host_.begin(job);
  sc_core::sc_start();
  ASSERT_EQ(network_.sent.size(), 2u);  // a row of each
  EXPECT_EQ(network_.sent[1].operand, 1);
  EXPECT_EQ(network_.sent[1].channel_begin, 7);
  EXPECT_EQ(network_.sent[1].payload_bits, 12);
  EXPECT_EQ(network_.sent[1].layer, LayerLabel{3});
  deliver(PacketKind::kBufferCredit, 3);
  EXPECT_EQ(network_.sent.size(), 4u);  // all of the input, no more of the second operand
}

TEST_F(HostStreamTest, ActivationsComeBackAsAMap) {
  elaborate();
  HostJob job = two_images();
  job.functional = true;
  job.maps.front().pixels = {1, 2, 3, 4, 5, 6};
  job.routes.front().rows = 6;
  job.result_channels = 0;
  job.outputs = {{LayerLabel{0}, 1, 2}};
  job.expected = 2;
  host_.begin(job);
  sc_core::sc_start();
  for (const int pixel : {2, 0, 3, 1}) {
    EXPECT_FALSE(host_.done());
    deliver(PacketKind::kActivation, pixel, {10 + pixel});
  }
  EXPECT_TRUE(host_.done());
  EXPECT_EQ(host_.output(0), (std::vector<std::int32_t>{10, 11, 12, 13}));
}

// Where layers have turns, an image waits for the host's: the last layer's is before it.
class HostTurnsTest : public HostStreamTest {
 protected:
  Turns turns_{ClockConfig(), TileConfig(), [] {}};
  HostPort dut_{"dut", clock_, nullptr, &turns_};
};

TEST_F(HostTurnsTest, AnImageWaitsForTheHostsTurn) {
  ConfigBus bus("dut_bus");
  dut_.network(network_);
  dut_.config_socket.bind(bus.host_socket);
  StubTile tile("tile");
  bus.tile_sockets.bind(tile.socket);
  elaborate();
  turns_.join(LayerLabel{0});
  HostJob job = two_images();
  job.routes.front().rows = 6;
  dut_.begin(job);
  sc_core::sc_start();
  EXPECT_EQ(network_.sent.size(), 3u);
  turns_.done();  // of the layer
  sc_core::sc_start();
  EXPECT_EQ(network_.sent.size(), 6u);
  EXPECT_FALSE(turns_.over());
  turns_.done();
  sc_core::sc_start();
  EXPECT_TRUE(turns_.over());
}

}  // namespace
}  // namespace kirchhoff::hw
