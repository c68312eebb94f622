#include "hw/controller/channels.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

class ChannelsTest : public SystemCTest {
 protected:
  void note(const std::string& what) { log_.push_back(what + "@" + std::to_string(now_ps())); }
  static void run() { sc_core::sc_start(); }

  const std::shared_ptr<Agenda> agenda_ = Agenda::of_kernel();
  std::vector<std::string> log_;
};
using Log = std::vector<std::string>;

TEST_F(ChannelsTest, SlotsHoldBackWhoeverFillsThem) {
  WindowSlots slots(*agenda_, 2);
  Thread producer(*agenda_, [&] {
    for (int n = 0; n < 4; ++n) {
      slots.wait_for_room(n);
      note("fill " + std::to_string(slots.slot_of(n)));
      slots.filled.set(n + 1);
    }
  });
  Thread consumer(*agenda_, [&] {
    for (int n = 0; n < 4; ++n) {
      slots.filled.wait_past(n);
      wait_until(100 * (n + 1u));
      slots.freed.advance();
    }
  });
  run();
  EXPECT_EQ(log_, (Log{"fill 0@0", "fill 1@0", "fill 0@100", "fill 1@200"}));
  EXPECT_EQ(slots.freed.count(), 4);
  EXPECT_FALSE(slots.has_room_for(6));
  EXPECT_TRUE(slots.has_room_for(5));
}

TEST_F(ChannelsTest, SumsWaitForTheirPredecessor) {
  SumsSlot slot(*agenda_);
  Thread drain(*agenda_, [&] {
    for (int g = 0; g < 2; ++g) {
      slot.wait_for_room();
      slot.put({0, GroupId{g}, {g + 7}});
      note("put");
    }
  });
  Thread complete(*agenda_, [&] {
    for (int g = 0; g < 2; ++g) {
      wait_until(50 * (g + 1u));
      slot.wait_for_sums();
      const GroupSums sums = slot.take();
      EXPECT_EQ(sums.group, GroupId{g});
      EXPECT_EQ(sums.values, Sums{g + 7});
    }
  });
  run();
  EXPECT_EQ(log_, (Log{"put@0", "put@50"}));
  EXPECT_FALSE(slot.full());
}

TileProgram program_of_two_groups() {
  TileProgram program;
  program.groups.resize(2);
  program.groups[GroupId{0}].registers = {0, 16, 0, 0, 0, 1};
  program.groups[GroupId{1}].registers = {16, 16, 0, 1, 0, 3};
  program.groups[GroupId{1}].hops = {{1, 4, 0, 16, 16, 2}, {1, 5, 0, 16, 16, 0}};
  return program;
}

TEST_F(ChannelsTest, CreditsOfPartialSumsCountWindowsByGroup) {
  const TileProgram program = program_of_two_groups();
  PartialCredits credits(*agenda_);
  credits.reset(program);
  credits.use(GroupId{0});
  EXPECT_FALSE(credits.any(GroupId{0}));
  EXPECT_TRUE(credits.any(GroupId{1}));
  Thread sender(*agenda_, [&] {
    credits.wait_for(GroupId{0});
    note("sent");
  });
  Thread receiver(*agenda_, [&] {
    wait_until(10);
    credits.give(program, 16);  // another group's
    wait_until(20);
    credits.give(program, 0);
  });
  run();
  EXPECT_EQ(log_, Log{"sent@20"});
}

TEST_F(ChannelsTest, RowCreditsOnlyGrowAndAHopWithoutLimitTakesAll) {
  const TileProgram program = program_of_two_groups();
  RowCredits credits(*agenda_);
  credits.reset(program);
  EXPECT_TRUE(credits.takes(program, GroupId{1}, 0, 1));
  EXPECT_FALSE(credits.takes(program, GroupId{1}, 0, 2));
  EXPECT_TRUE(credits.takes(program, GroupId{1}, 1, 1000));
  credits.give(program, NodeId{4}, 0, 9);
  credits.give(program, NodeId{4}, 0, 5);  // overtaken by the one before
  EXPECT_TRUE(credits.takes(program, GroupId{1}, 0, 8));
  EXPECT_FALSE(credits.takes(program, GroupId{1}, 0, 9));
}

TEST_F(ChannelsTest, PartialSumsOfAWindowAreWholeWhenAllPartsHaveCome) {
  const TileProgram program = program_of_two_groups();
  PartialSums partials(*agenda_);
  partials.reset(program);
  Thread complete(*agenda_, [&] {
    const PartialSum& partial = partials.at(GroupId{1}, 5);
    partials.wait_for(partial, 2);
    note("whole");
    EXPECT_EQ(partials.take(GroupId{1}, 5).senders, (std::vector<NodeId>{NodeId{2}, NodeId{3}}));
    EXPECT_EQ(partials.windows(GroupId{1}), 1);
  });
  Thread receive(*agenda_, [&] {
    wait_until(10);
    partials.arrive(partials.at(GroupId{1}, 5), NodeId{2}, {});
    partials.arrive(partials.at(GroupId{1}, 6), NodeId{2}, {});
    wait_until(20);
    partials.arrive(partials.at(GroupId{1}, 5), NodeId{3}, {});
  });
  run();
  EXPECT_EQ(log_, Log{"whole@20"});
}

}  // namespace
}  // namespace kirchhoff::hw
