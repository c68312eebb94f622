#include "hw/controller/access.h"

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

class AccessTest : public SystemCTest {
 protected:
  /// Runs `body` as a thread of the agenda, from 0 on.
  void run(std::function<void()> body) {
    const Thread thread(*bench_.agenda, std::move(body));
    elaborate();
    SequenceBench::run();
  }
  ActivityTimes spent() const { return bench_.account.drain.blame(); }
  std::uint64_t spent(Activity activity) const {
    return spent()[static_cast<std::size_t>(activity)];
  }

  SequenceBench bench_{"bench", 10};
};

TEST_F(AccessTest, BeatsAreThoseOfTheStageAndPacketsKnowOnlyTheClock) {
  std::vector<std::uint64_t> at;
  run([&] {
    wait_until(300);
    bench_.stage.align_to_clock();
    at.push_back(now_ps());
    bench_.stage.align_to_clock();
    at.push_back(now_ps());
    bench_.stage.align();
    at.push_back(now_ps());
    bench_.stage.align();
    at.push_back(now_ps());
    wait_until(10001);
    bench_.stage.align();
    at.push_back(now_ps());
  });
  EXPECT_EQ(at, (std::vector<std::uint64_t>{1000, 1000, 10000, 10000, 20000}));
}

TEST_F(AccessTest, AMoveIsOneBeatThatReachesNoDevice) {
  BusAccess bus(bench_.bus_sockets, BusUser::kDrain, bench_.account.drain);
  // A transfer before it had targets, which may be gone.
  const std::vector<BusTarget> gone = {{1, 0}};
  run([&] {
    bus.beats().resize(3);
    bus.beats().front().targets = &gone;
    bus.move(100, 7);
    bench_.account.drain.enter(Activity::kIdle);
  });
  ASSERT_EQ(bench_.bus.transfers.size(), 1u);
  const FakeTarget::Transfer& transfer = bench_.bus.transfers[0];
  EXPECT_EQ(transfer.user, static_cast<int>(BusUser::kDrain));
  ASSERT_EQ(transfer.wires.beats.size(), 1u);
  EXPECT_EQ(transfer.wires.beats[0].wire_bits, 100);
  EXPECT_EQ(transfer.wires.beats[0].at_least, 7u);
  EXPECT_EQ(transfer.wires.beats[0].targets, nullptr);
  EXPECT_EQ(spent(Activity::kBus), bench_.bus.busy_ps) << "granted at once: no waiting";
  EXPECT_EQ(spent(Activity::kWaitBus), 0u);
}

TEST_F(AccessTest, AnEdramAccessCoversItsBurst) {
  EdramAccess edram(bench_.edram_sockets, EdramUser::kReceive, bench_.account.drain);
  std::vector<std::int32_t> values = {1, 2, 3};
  run([&] {
    edram.burst().segments = 3;
    edram.burst().segment_elements = 1;
    edram.write(40, values.data(), values.size());
    edram.read(8, nullptr, 3);
    bench_.account.drain.enter(Activity::kIdle);
  });
  ASSERT_EQ(bench_.edram.transfers.size(), 2u);
  EXPECT_TRUE(bench_.edram.transfers[0].write);
  EXPECT_EQ(bench_.edram.transfers[0].address, 40u);
  EXPECT_EQ(bench_.edram.transfers[0].user, static_cast<int>(EdramUser::kReceive));
  EXPECT_FALSE(bench_.edram.transfers[1].write);
  EXPECT_EQ(bench_.edram.transfers[1].wires.segments, 3);
  EXPECT_EQ(spent(Activity::kEdram), 2 * bench_.edram.busy_ps);
}

TEST_F(AccessTest, WhoeverSendsGoesOnOnABeat) {
  NetworkAccess network(bench_.network_port, bench_.stage, bench_.counters.commands,
                        bench_.account.drain);
  std::uint64_t after = 0;
  run([&] {
    wait_until(2500);
    network.send(std::make_shared<Packet>());
    after = now_ps();
  });
  ASSERT_EQ(bench_.network.sent.size(), 1u);
  EXPECT_EQ(bench_.network.sent[0]->sent_ps, 2500u);
  EXPECT_EQ(after, 10000u);
  EXPECT_EQ(bench_.counters.commands, 1u);
  EXPECT_EQ(bench_.account.drain.activity(), Activity::kWaitNetwork);
}

}  // namespace
}  // namespace kirchhoff::hw
