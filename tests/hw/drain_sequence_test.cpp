#include "hw/controller/drain_sequence.h"

#include <vector>

#include <gtest/gtest.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

/// Two groups: 3 columns in two row blocks, and 5 columns in one.
struct Bench : SequenceBench {
  explicit Bench(const sc_core::sc_module_name& name) : SequenceBench(name) {
    program.layer.output_height = program.layer.pool = program.layer.images = 1;
    program.layer.output_width = 3;
    program.layer.sum_bits = 32;
    program.layer.functional = 1;
    program.groups.resize(2);
    program.groups[GroupId{0}].units = {{PeId{0}, 0, 3, {{0, 0}}}, {PeId{1}, 0, 3, {{1, 0}}}};
    program.groups[GroupId{1}].units = {{PeId{2}, 0, 5, {{2, 0}}}};
    bus.move = [this](const FakeTarget::Transfer& transfer, std::int32_t*) {
      for (const Beat& beat : transfer.wires.beats) {
        if (!beat.data) continue;
        std::fill_n(static_cast<Sum*>(beat.data), beat.bytes / sizeof(Sum), ++delivered);
      }
    };
  }
  /// Whoever takes the sums, not before `ps` each.
  void take(const std::vector<std::uint64_t>& times) {
    taker = std::make_unique<Thread>(*agenda, [this, times] {
      for (const std::uint64_t ps : times) {
        if (ps > now_ps()) wait_until(ps);
        sums.wait_for_sums();
        taken.push_back(sums.take());
      }
    });
  }

  Sum delivered = 0;
  DrainSequence drain{context, bus_sockets, adder_port, output_slots, reduced, partials, sums};
  std::unique_ptr<Thread> taker;
  std::vector<GroupSums> taken;
};

class DrainSequenceTest : public SystemCTest {};

TEST_F(DrainSequenceTest, RowBlocksOfAGroupComeUnderOneGrantAndAreAdded) {
  Bench bench("bench");
  bench.take({0, 0, 0, 0});
  elaborate();
  bench.start();
  bench.output_slots.filled.set(2);
  bench.run();
  ASSERT_EQ(bench.taken.size(), 4u);
  EXPECT_EQ(bench.taken[0].group, GroupId{0});
  EXPECT_EQ(bench.taken[0].values, (Sums{1 + 2, 1 + 2, 1 + 2}));
  EXPECT_EQ(bench.taken[1].group, GroupId{1});
  EXPECT_EQ(bench.taken[1].values, Sums(5, 3));
  EXPECT_EQ(bench.taken[3].window, 1);
  EXPECT_EQ(bench.taken[2].values, (Sums{4 + 5, 4 + 5, 4 + 5}));
  ASSERT_EQ(bench.bus.transfers.size(), 4u);
  const FakeTarget::Transfer& first = bench.bus.transfers[0];
  EXPECT_EQ(first.user, static_cast<int>(BusUser::kDrain));
  EXPECT_FALSE(first.write);
  ASSERT_EQ(first.wires.beats.size(), 2u);
  EXPECT_EQ(first.wires.beats[1].targets->front().device, 1);
  EXPECT_EQ(first.wires.beats[0].address, 0u);
  EXPECT_EQ(first.wires.beats[0].wire_bits, 3 * 32);
  EXPECT_EQ(first.wires.beats[0].at_least, 1u);
  EXPECT_EQ(bench.bus.transfers[2].wires.beats[0].address, 1u) << "window 1 has the other slot";
  EXPECT_EQ(bench.adder.added, 2 * (3 + 3 + 5));
  EXPECT_EQ(bench.counters.commands, 2u * 3);
  EXPECT_EQ(bench.output_slots.freed.count(), 2);
}

// A slot is free when all its groups are read; a group that nobody takes holds the next ones back.
TEST_F(DrainSequenceTest, SumsThatNobodyTakesHoldTheNextOnesBack) {
  Bench bench("bench");
  bench.take({50000, 60000});
  elaborate();
  bench.start();
  bench.output_slots.filled.set(3);
  bench.run();
  // Group 1 is put when group 0 is taken, and then read again for window 1.
  EXPECT_EQ(bench.taken.size(), 2u);
  ASSERT_EQ(bench.bus.transfers.size(), 4u);
  EXPECT_EQ(bench.bus.transfers[0].at_ps, 0u);
  EXPECT_EQ(bench.bus.transfers[1].at_ps, 2000u);
  EXPECT_EQ(bench.bus.transfers[2].at_ps, 50000u);
  EXPECT_EQ(bench.bus.transfers[3].at_ps, 60000u);
  EXPECT_EQ(bench.output_slots.freed.count(), 1);
  EXPECT_EQ(bench.account.drain.activity(), Activity::kWaitSpace);
}

// At an aggregator a window's own sums join those that other tiles have sent, whoever comes first.
TEST_F(DrainSequenceTest, OwnSumsJoinThePartialSumsOfOtherTiles) {
  Bench bench("bench");
  bench.program.groups[GroupId{1}].registers.partials = 1;
  bench.take({0, 0, 0, 0});
  elaborate();
  bench.start();
  PartialSum& early = bench.partials.at(GroupId{1}, 1);
  early.sum = Sums(5, 100);
  early.loaded = true;
  bench.output_slots.filled.set(2);
  bench.run();
  ASSERT_EQ(bench.taken.size(), 4u);
  EXPECT_TRUE(bench.taken[1].values.empty()) << "the sums lie in the output register";
  EXPECT_EQ(bench.partials.at(GroupId{1}, 0).sum, Sums(5, 3));
  EXPECT_TRUE(bench.partials.at(GroupId{1}, 0).loaded);
  EXPECT_EQ(bench.partials.at(GroupId{1}, 1).sum, Sums(5, 100 + 6));
}

TEST_F(DrainSequenceTest, WithoutIntegersOnlySizesMove) {
  Bench bench("bench");
  bench.program.layer.functional = 0;
  bench.program.groups[GroupId{0}].units[1].target.clear();  // another PE stands for it
  bench.take({0, 0});
  elaborate();
  bench.start();
  bench.output_slots.filled.set(1);
  bench.run();
  ASSERT_EQ(bench.taken.size(), 2u);
  EXPECT_TRUE(bench.taken[0].values.empty());
  const std::vector<Beat>& beats = bench.bus.transfers[0].wires.beats;
  EXPECT_EQ(beats[0].data, nullptr);
  EXPECT_EQ(beats[0].bytes, 0u);
  EXPECT_EQ(beats[1].targets, nullptr);
  EXPECT_EQ(beats[1].wire_bits, 3 * 32);
}

}  // namespace
}  // namespace kirchhoff::hw
