#include "hw/controller/complete_sequence.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

struct Seen final : Observer {
  void accumulators(int image, LayerLabel, int channel_begin, int y, int x, const Sums&) override {
    lines.push_back("sums " + place(image, channel_begin, y, x));
  }
  void outputs(int image, LayerLabel, int channel_begin, int y, int x, const Sums&) override {
    lines.push_back("outputs " + place(image, channel_begin, y, x));
  }
  static std::string place(int image, int channel, int y, int x) {
    return std::to_string(image) + ":" + std::to_string(channel) + " " + std::to_string(y) + "," +
           std::to_string(x);
  }
  std::vector<std::string> lines;
};

/// Tile 7, which holds one group of three channels from channel 4 on.
struct Bench : SequenceBench {
  explicit Bench(const sc_core::sc_module_name& name) : SequenceBench(name) {
    LayerRegisters& layer = program.layer;
    layer.output_height = layer.pool = layer.images = layer.groups = 1;
    layer.output_width = 2;
    layer.sum_bits = 32;
    layer.functional = 1;
    program.groups.resize(1);
    group().registers = {4, 3, 7, 0, 0, 0};
    group().hops = {{0, 9, 2, 4, 3, 0, 4, 0}};
    for (int channel = 0; channel < 7; ++channel) {
      registers.write_multiplier(channel, 10 + channel);
      registers.write_bias(channel, 0);
    }
    bus.busy_ps = 1000;
  }
  Group& group() { return program.groups[GroupId{0}]; }
  void begin() {
    start();
    complete.reset();
  }
  /// Puts the sums of windows 0, 1, … of the group as soon as there is room.
  void feed(const std::vector<Sums>& windows) {
    threads.push_back(std::make_unique<Thread>(*agenda, [this, windows] {
      for (int n = 0; n < static_cast<int>(windows.size()); ++n) {
        sums.wait_for_room();
        sums.put({n, GroupId{0}, windows[static_cast<std::size_t>(n)]});
      }
    }));
  }
  void at(std::uint64_t ps, std::function<void()> act) {
    threads.push_back(std::make_unique<Thread>(*agenda, [ps, act] {
      wait_until(ps);
      act();
    }));
  }
  const Packet& sent(std::size_t i) const { return *network.sent.at(i); }

  RegisterFile registers{TileId{7}, 4};
  Seen seen;
  CompleteSequence complete{context,         NodeId{7},   registers,    bus_sockets, edram_sockets,
                            adder_port,      sfu_port,    network_port, sums,        partials,
                            partial_credits, row_credits, residual,     completed,   &seen};
  std::vector<std::unique_ptr<Thread>> threads;
};

class CompleteSequenceTest : public SystemCTest {};

TEST_F(CompleteSequenceTest, TheLastLayerDeliversItsSumsPixelByPixelOverTheImages) {
  Bench bench("bench");
  bench.program.layer.images = 2;
  elaborate();
  bench.begin();
  bench.feed({{1, 2, 3}, {4, 5, 6}, {7, 8, 9}, {-1, -2, -3}});
  bench.run();
  ASSERT_EQ(bench.network.sent.size(), 4u);
  for (int i = 0; i < 4; ++i) {
    const Packet& packet = bench.sent(static_cast<std::size_t>(i));
    EXPECT_EQ(packet.kind, PacketKind::kResult);
    EXPECT_EQ(packet.destination, NodeId{9});
    EXPECT_EQ(packet.index, i);
    EXPECT_EQ(packet.channel_begin, 4);
    EXPECT_EQ(packet.payload_bits, 3 * 32);
  }
  EXPECT_EQ(bench.sent(3).sums, (Sums{-1, -2, -3}));
  EXPECT_EQ(bench.bus.transfers.at(0).wires.beats.at(0).wire_bits, 3 * 32);
  EXPECT_EQ(bench.adder.taken, 4 * 3);
  EXPECT_TRUE(bench.sfu.counts.empty());
  EXPECT_EQ(bench.counters.windows, 4u);
  EXPECT_EQ(bench.completed.count(), 4);
  EXPECT_EQ(bench.counters.end, 4u);  // a cycle on the bus each
  EXPECT_FALSE(bench.state.running);
  EXPECT_TRUE(bench.state.accepting) << "credits may still come";
  EXPECT_EQ(bench.seen.lines, (std::vector<std::string>{"sums 0:4 0,0", "sums 0:4 0,1",
                                                        "sums 1:4 0,0", "sums 1:4 0,1"}));
}

TEST_F(CompleteSequenceTest, PartialSumsGoToTheirAggregatorAsFarAsItHasRoom) {
  Bench bench("bench");
  bench.group().registers = {4, 3, 5, 6, 0, 1};  // slot 6 of tile 5, which holds one window
  elaborate();
  bench.begin();
  bench.feed({{1, 2, 3}, {4, 5, 6}});
  bench.at(40300, [&] { bench.partial_credits.give(bench.program, 4); });
  bench.run();
  ASSERT_EQ(bench.network.sent.size(), 2u);
  EXPECT_EQ(bench.sent(0).kind, PacketKind::kPartialSum);
  EXPECT_EQ(bench.sent(0).destination, NodeId{5});
  EXPECT_EQ(bench.sent(0).stream, 6);
  EXPECT_EQ(bench.sent(1).index, 1);
  EXPECT_EQ(bench.sent(1).sums, (Sums{4, 5, 6}));
  EXPECT_EQ(bench.sent(0).sent_ps, 1000u);
  EXPECT_EQ(bench.sent(1).sent_ps, 42000u)
      << "on the edge after the credit, and a cycle on the bus";
  EXPECT_TRUE(bench.seen.lines.empty()) << "its aggregator completes the window";
  EXPECT_EQ(bench.completed.count(), 2);
}

TEST_F(CompleteSequenceTest, AnAggregatorWaitsForAllPartsAndReturnsTheirCredits) {
  Bench bench("bench");
  bench.group().registers.partials = 2;
  elaborate();
  bench.begin();
  bench.feed({{}});  // its own sums lie with the partial ones
  PartialSum& partial = bench.partials.at(GroupId{0}, 0);
  partial.sum = {5, 6, 7};
  const auto arrive = [&](int node) {
    bench.partials.arrive(partial, NodeId{node}, {now_ps(), now_ps(), 0, 0, {}});
  };
  bench.at(3000, [&] { arrive(2); });
  bench.at(8000, [&] {
    partial.sum = {50, 60, 70};
    arrive(1);
  });
  bench.run();
  ASSERT_EQ(bench.network.sent.size(), 3u);
  EXPECT_EQ(bench.sent(0).kind, PacketKind::kCredit);
  EXPECT_EQ(bench.sent(0).destination, NodeId{2});
  EXPECT_EQ(bench.sent(1).destination, NodeId{1});
  EXPECT_EQ(bench.sent(1).channel_begin, 4);
  EXPECT_EQ(bench.sent(0).sent_ps, 8000u);
  EXPECT_EQ(bench.sent(2).kind, PacketKind::kResult);
  EXPECT_EQ(bench.sent(2).sums, (Sums{50, 60, 70}));
  EXPECT_EQ(bench.partials.windows(GroupId{0}), 0);
}

// Four windows of a pooled pixel make one output; each next hop gets the channels that it needs.
TEST_F(CompleteSequenceTest, APooledPixelIsSentWhenItsLastWindowHasPassedTheSfu) {
  Bench bench("bench");
  bench.program.layer.output_bits = 4;
  bench.program.layer.output_width = 1;
  bench.program.layer.pool = 2;
  bench.group().hops = {{0, 1, 2, 4, 2, 0}, {0, 3, 0, 6, 1, 0}};
  elaborate();
  bench.begin();
  bench.feed({{1, 9, 1}, {2, 1, 1}, {3, 1, 8}, {1, 1, 1}});
  bench.run();
  EXPECT_EQ(bench.sfu.counts, (std::vector<int>{3, 3, 3, 3}));
  EXPECT_EQ(bench.sfu.multipliers.at(0), 10 + 4) << "the constants of its own channels";
  ASSERT_EQ(bench.network.sent.size(), 2u);
  EXPECT_EQ(bench.sent(0).kind, PacketKind::kActivation);
  EXPECT_EQ(bench.sent(0).stream, 2);
  EXPECT_EQ(bench.sent(0).values, (std::vector<std::int32_t>{3, 9}));
  EXPECT_EQ(bench.sent(0).payload_bits, 2 * 4);
  EXPECT_EQ(bench.sent(1).values, std::vector<std::int32_t>{8});
  ASSERT_EQ(bench.bus.transfers.size(), 1u) << "over the bus once for all hops";
  EXPECT_EQ(bench.bus.transfers[0].wires.beats[0].wire_bits, 3 * 4);
  EXPECT_EQ(bench.seen.lines.back(), "outputs 0:4 0,0");
}

TEST_F(CompleteSequenceTest, ARowWaitsUntilEveryNextHopTakesIt) {
  Bench bench("bench");
  bench.program.layer.output_bits = 4;
  bench.program.layer.output_width = 1;
  bench.program.layer.images = 3;
  bench.group().hops = {{0, 1, 0, 4, 3, 0}, {0, 3, 0, 4, 3, 1}};  // node 3 has room for one row
  elaborate();
  bench.begin();
  bench.feed({{1, 1, 1}, {2, 2, 2}, {3, 3, 3}});
  bench.at(20000, [&] { bench.row_credits.give(bench.program, NodeId{3}, 0, 2); });
  bench.run();
  ASSERT_EQ(bench.network.sent.size(), 4u) << "the third row has no room";
  EXPECT_EQ(bench.sent(1).sent_ps, 1000u);
  EXPECT_EQ(bench.sent(2).sent_ps, 21000u);
  EXPECT_EQ(bench.sent(2).index, 1) << "pixels are counted on over the images";
  EXPECT_EQ(bench.account.complete.activity(), Activity::kWaitNextLayer);
  EXPECT_TRUE(bench.state.running);
}

}  // namespace
}  // namespace kirchhoff::hw
