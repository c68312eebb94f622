#include "hw/controller/tile_account.h"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

struct Owner : sc_core::sc_module {
  explicit Owner(const sc_core::sc_module_name& name) : sc_module(name) {}
};

class TileAccountTest : public SystemCTest {
 protected:
  TileAccountTest() {
    elaborate();
    account_.reset();
  }
  static void run_to(std::uint64_t ps) {
    sc_core::sc_start(sc_core::sc_time::from_value(ps) - sc_core::sc_time_stamp());
  }
  static void work_on_bus(SequenceAccount& sequence) {
    sequence.enter(Activity::kWaitBus);
    sequence.granted(now_ps());
  }
  static std::uint64_t of(const ActivityTimes& times, Activity activity) {
    return times[static_cast<std::size_t>(activity)];
  }

  Owner owner_{"owner"};
  TileAccount account_{nullptr, owner_, 500};
};

// From the first fetch to the last hand-over: the way of the first window to the PEs and of the
// last one from them is fill, whoever works on it; waiting on the way is not.
TEST_F(TileAccountTest, TheTimesOfARunSumToItsLength) {
  account_.compute.enter(Activity::kWaitFetch, &account_.fetch);
  run_to(100);
  account_.begin();
  account_.fetch.enter(Activity::kWaitInput);
  run_to(150);
  work_on_bus(account_.fetch);
  run_to(400);
  account_.compute.enter(Activity::kMultiply);
  account_.first_product();
  account_.complete.enter(Activity::kWaitSums, &account_.drain);
  account_.drain.enter(Activity::kWaitProducts);
  run_to(700);
  account_.compute.enter(Activity::kWaitOutput, &account_.drain);
  run_to(800);
  account_.compute.enter(Activity::kMultiply);
  run_to(1000);
  account_.last_ready();
  account_.compute.enter(Activity::kIdle);
  run_to(1300);
  work_on_bus(account_.drain);
  run_to(1400);
  account_.complete.enter(Activity::kWaitNetwork);
  run_to(1500);
  account_.end();
  run_to(9000);
  const TileTimes times = account_.times();
  EXPECT_EQ(times.fill, 250u + 300 + 100);
  EXPECT_EQ(of(times.by, Activity::kWaitInput), 50u);
  EXPECT_EQ(of(times.by, Activity::kMultiply), 500u);
  EXPECT_EQ(of(times.by, Activity::kWaitProducts), 100u) << "while compute waited for drain";
  EXPECT_EQ(of(times.by, Activity::kWaitNetwork), 100u);
  EXPECT_EQ(times.fill + std::accumulate(times.by.begin(), times.by.end(), std::uint64_t{0}),
            1500u - 100);
}

TEST_F(TileAccountTest, APacketsWayIsCountedInCyclesOfTheNetwork) {
  Packet packet;
  packet.sent_ps = 7;
  packet.arrived_ps = 90000;
  packet.flits = 5;
  packet.contention_cycles = 3;
  const Arrival arrival = account_.arrival_of(packet);
  EXPECT_EQ(arrival.sent_ps, 7u);
  EXPECT_EQ(arrival.serialisation_ps, 4u * 2000);
  EXPECT_EQ(arrival.contention_ps, 3u * 2000);
}

// Backwards from the end of the wait: the transfer to the buffer, packets taken before, the flits
// behind the head, contention, the head's way; what is left had not been sent.
TEST_F(TileAccountTest, AWaitForAPacketIsTakenApart) {
  account_.fetch.enter(Activity::kWaitInput);
  run_to(22000);
  Packet packet;
  packet.sent_ps = 1000;
  packet.arrived_ps = 21000;
  packet.flits = 3;
  packet.contention_cycles = 2;
  const Arrival arrival = account_.arrival_of(packet);
  work_on_bus(account_.receive);
  run_to(25000);
  account_.explain_fetch(arrival);
  const ActivityTimes times = account_.fetch.blame();
  EXPECT_EQ(of(times, Activity::kWaitInput), 1000u);
  EXPECT_EQ(of(times, Activity::kNocLatency), 20000u - 4000 - 4000);
  EXPECT_EQ(of(times, Activity::kNocContention), 4000u);
  EXPECT_EQ(of(times, Activity::kNocSerialisation), 4000u);
  EXPECT_EQ(of(times, Activity::kWaitReceive), 1000u);
  EXPECT_EQ(of(times, Activity::kBus), 3000u);
}

// More contention than the packet was under way: it waited in the send queue before.
TEST_F(TileAccountTest, NoPartIsLongerThanTheWayItself) {
  account_.fetch.enter(Activity::kWaitInput);
  run_to(10000);
  Packet packet;
  packet.sent_ps = 4000;
  packet.arrived_ps = 10000;
  packet.flits = 2;
  packet.contention_cycles = 100;
  account_.explain_fetch(account_.arrival_of(packet));
  const ActivityTimes times = account_.fetch.blame();
  EXPECT_EQ(of(times, Activity::kNocSerialisation), 2000u);
  EXPECT_EQ(of(times, Activity::kNocContention), 4000u);
  EXPECT_EQ(of(times, Activity::kNocLatency), 0u);
  EXPECT_EQ(of(times, Activity::kWaitInput), 4000u);
}

// Only what a sequence does is known then.
TEST_F(TileAccountTest, TimesMayBeLeftOut) {
  account_.keep_times(false);
  account_.reset();
  account_.compute.enter(Activity::kWaitFetch, &account_.fetch);
  account_.begin();
  run_to(100);
  account_.compute.enter(Activity::kMultiply);
  account_.first_product();
  run_to(200);
  account_.last_ready();
  account_.end();
  EXPECT_EQ(account_.compute.activity(), Activity::kMultiply);
  EXPECT_EQ(of(account_.times().by, Activity::kMultiply), 0u);
  EXPECT_EQ(account_.times().fill, 0u);
  account_.keep_times(true);
  account_.reset();
  account_.begin();
  account_.compute.enter(Activity::kMultiply);
  account_.first_product();
  run_to(300);
  account_.last_ready();
  account_.end();
  EXPECT_EQ(of(account_.times().by, Activity::kMultiply), 100u);
}

}  // namespace
}  // namespace kirchhoff::hw
