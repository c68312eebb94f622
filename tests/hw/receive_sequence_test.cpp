#include "hw/controller/receive_sequence.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

/// A tile that stores channels 10 to 15 of a map of 4 x 5 pixels, three rows at a time.
struct Bench : SequenceBench {
  explicit Bench(const sc_core::sc_module_name& name) : SequenceBench(name) {
    LayerRegisters& layer = program.layer;
    layer.input_height = 4;
    layer.input_width = 5;
    layer.channel_begin = 10;
    layer.channels = 6;
    layer.buffer_rows = 3;
    layer.activation_bits = 4;
    layer.sum_bits = 32;
    layer.output_height = layer.output_width = layer.pool = layer.sources = layer.images = 1;
    program.groups.resize(2);
    program.groups[GroupId{0}].registers = {0, 8, 0, 0, 0, 0};
    program.groups[GroupId{1}].registers = {8, 8, 0, 1, 2, 1};
    program.groups[GroupId{1}].hops = {{1, 6, 0, 8, 8, 2}};
    edram.move = [this](const FakeTarget::Transfer& transfer, std::int32_t* values) {
      if (values) {
        written.assign(values, values + transfer.wires.segments * transfer.wires.segment_elements);
      }
    };
  }
  void deliver(const Packet& packet) {
    network.deliver(packet);
    run();
  }

  ReceiveSequence receive{context, bus_sockets, edram_sockets, adder_port,      network_port,
                          input,   residual,    partials,      partial_credits, row_credits};
  std::vector<std::int32_t> written;
};

class ReceiveSequenceTest : public SystemCTest {};

TEST_F(ReceiveSequenceTest, ActivationsLandAtTheirPlaceInTheRing) {
  Bench bench("bench");
  elaborate();
  bench.start();
  Packet packet;
  packet.index = 0;
  packet.count = 5;
  packet.channel_begin = 10;
  packet.channels = 6;
  packet.payload_bits = 5 * 6 * 4;
  packet.values.assign(30, 7);
  bench.deliver(packet);  // whole pixels follow each other
  ASSERT_EQ(bench.edram.transfers.size(), 1u);
  EXPECT_TRUE(bench.edram.transfers[0].write);
  EXPECT_EQ(bench.edram.transfers[0].user, static_cast<int>(EdramUser::kReceive));
  EXPECT_EQ(bench.edram.transfers[0].address, 0u);
  EXPECT_EQ(bench.edram.transfers[0].wires.segments, 1);
  EXPECT_EQ(bench.edram.transfers[0].wires.segment_elements, 30);
  EXPECT_EQ(bench.edram.transfers[0].wires.wrap, 3 * 5 * 6);
  EXPECT_EQ(bench.bus.transfers.at(0).wires.beats.at(0).wire_bits, 5 * 6 * 4);
  EXPECT_EQ(bench.input.complete(), 5);

  EXPECT_FALSE(bench.input.free_rows_before(0));
  bench.input.free_rows_before(1);
  packet.index = 3 * 5 + 2;  // row 3 lies where row 0 was
  packet.count = 2;
  packet.channel_begin = 12;
  packet.channels = 2;
  packet.values = {1, 2, 3, 4};
  bench.deliver(packet);
  const FakeTarget::Transfer& second = bench.edram.transfers.at(1);
  EXPECT_EQ(second.address, 2u * 6 + 2);
  EXPECT_EQ(second.wires.segments, 2);
  EXPECT_EQ(second.wires.segment_elements, 2);
  EXPECT_EQ(second.wires.pitch, 6);
  EXPECT_EQ(bench.written, (std::vector<std::int32_t>{1, 2, 3, 4}));
  EXPECT_EQ(bench.input.complete(), 5) << "rows 1 and 2 are missing";
  EXPECT_EQ(bench.counters.commands, 4u);
}

TEST_F(ReceiveSequenceTest, PartialSumsAreLoadedThenAddedByWindow) {
  Bench bench("bench");
  elaborate();
  bench.start();
  Packet packet;
  packet.kind = PacketKind::kPartialSum;
  packet.source = NodeId{3};
  packet.stream = 1;
  packet.index = 2;
  packet.channels = 8;
  packet.payload_bits = 8 * 32;
  packet.sums.assign(8, 5);
  bench.deliver(packet);
  packet.source = NodeId{4};
  packet.sums.assign(8, 30);
  bench.deliver(packet);
  packet.index = 3;
  bench.deliver(packet);
  PartialSum& partial = bench.partials.at(GroupId{1}, 2);
  EXPECT_EQ(partial.sum, Sums(8, 35));
  EXPECT_EQ(partial.arrived, 2);
  EXPECT_EQ(partial.senders, (std::vector<NodeId>{NodeId{3}, NodeId{4}}));
  EXPECT_EQ(bench.partials.at(GroupId{1}, 3).sum, Sums(8, 30));
  EXPECT_EQ(bench.counters.partial_windows, 2);
  EXPECT_EQ(bench.bus.transfers.at(0).wires.beats.at(0).at_least, 1u) << "the adder's cycles";
  EXPECT_TRUE(bench.edram.transfers.empty());
}

TEST_F(ReceiveSequenceTest, CreditsReachWhoeverWaitsForThemInNoTime) {
  Bench bench("bench");
  elaborate();
  bench.start();
  bench.partial_credits.use(GroupId{1});
  EXPECT_FALSE(bench.partial_credits.any(GroupId{1}));
  Packet credit;
  credit.kind = PacketKind::kCredit;
  credit.channel_begin = 8;
  bench.deliver(credit);
  EXPECT_TRUE(bench.partial_credits.any(GroupId{1}));

  EXPECT_FALSE(bench.row_credits.takes(bench.program, GroupId{1}, 0, 3));
  Packet rows;
  rows.kind = PacketKind::kBufferCredit;
  rows.source = NodeId{6};
  rows.index = 4;
  bench.deliver(rows);
  EXPECT_TRUE(bench.row_credits.takes(bench.program, GroupId{1}, 0, 3));
  EXPECT_TRUE(bench.bus.transfers.empty());
  EXPECT_EQ(now_ps(), 0u);
}

// What belongs to the next run must not be read with the registers of this one.
TEST_F(ReceiveSequenceTest, PacketsWaitForStart) {
  Bench bench("bench");
  elaborate();
  Packet packet;
  packet.count = 1;
  packet.channel_begin = 10;
  packet.channels = 6;
  bench.deliver(packet);
  EXPECT_EQ(bench.network.waiting.size(), 1u);
  bench.start();
  bench.run();
  EXPECT_TRUE(bench.network.waiting.empty());
  EXPECT_EQ(bench.input.complete(), 1);

  bench.state.accepting = false;  // a rewind
  bench.deliver(packet);
  EXPECT_EQ(bench.network.waiting.size(), 1u);
  bench.start();
  bench.run();
  EXPECT_EQ(bench.input.complete(), 1);
}

TEST_F(ReceiveSequenceTest, OnePacketAfterAnother) {
  Bench bench("bench");
  bench.bus.busy_ps = 3000;
  bench.edram.busy_ps = 4000;
  elaborate();
  bench.start();
  Packet packet;
  packet.count = 5;
  packet.channel_begin = 10;
  packet.channels = 6;
  for (int row = 0; row < 2; ++row) {
    packet.index = 5 * row;
    bench.network.deliver(packet);
  }
  bench.run();
  EXPECT_EQ(bench.bus.transfers.at(1).at_ps, 7000u);
  EXPECT_EQ(bench.input.complete(), 10);
  EXPECT_EQ(now_ps(), 14000u);
  EXPECT_TRUE(bench.written.empty()) << "only sizes flow";
}

}  // namespace
}  // namespace kirchhoff::hw
