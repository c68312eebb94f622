#include "hw/controller/compute_sequence.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/hw/sequence_bench.h"

namespace kirchhoff::hw {
namespace {

using Log = std::vector<std::string>;

/// A PE that is ready and done so many picoseconds after a start, or tells nothing of it in
/// advance.
struct FakePe : PeControlIf {
  FakePe(std::string called, Log& starts) : name(std::move(called)), log(starts) {}
  void configure(int, const PeSetup&) override {}
  std::optional<ProductTimes> start(int input, int output, const WindowPlace&) override {
    log.push_back(name + " " + std::to_string(input) + "->" + std::to_string(output) + "@" +
                  std::to_string(now_ps()));
    if (done_ps == 0) return std::nullopt;
    return ProductTimes{sc_core::sc_time::from_value(now_ps() + ready_ps),
                        sc_core::sc_time::from_value(now_ps() + done_ps)};
  }
  bool can_follow() const override { return false; }
  void follow(const PeControlIf&) override {}

  std::string name;
  Log& log;
  std::uint64_t ready_ps = 0, done_ps = 0;
};

struct Bench : SequenceBench {
  explicit Bench(const sc_core::sc_module_name& name, Cycle beat = 1) : SequenceBench(name, beat) {
    pes(first);
    pes(second);
    program.layer.output_height = 1;
    program.layer.output_width = 4;
    program.layer.pool = program.layer.images = 1;
    program.active_pes = program.leading_pes = {PeId{0}, PeId{1}};
  }
  void begin() {
    compute.reset();
    start();
  }
  /// A line of the log at the moment when a count is reached.
  void note(WindowCount& count, int windows, const std::string& what) {
    watchers.push_back(std::make_unique<Thread>(*agenda, [this, &count, windows, what] {
      count.wait_past(windows - 1);
      log.push_back(what + "@" + std::to_string(now_ps()));
    }));
  }
  void at(std::uint64_t ps, std::function<void()> act) {
    watchers.push_back(std::make_unique<Thread>(*agenda, [ps, act] {
      wait_until(ps);
      act();
    }));
  }

  Log log;
  FakePe first{"a", log}, second{"b", log};
  ComputeSequence::PePorts pes{"pes"};
  ComputeSequence compute{context, pes, sfu_port, input_slots, output_slots, reduced, Probe()};
  std::vector<std::unique_ptr<Thread>> watchers;
};

class ComputeSequenceTest : public SystemCTest {};

// Input slots are free when the slowest PE is ready, output slots filled when the slowest is done;
// the next product does not wait for the end of this one.
TEST_F(ComputeSequenceTest, TheSlowestPeDecides) {
  Bench bench("bench");
  bench.first.ready_ps = 3000;
  bench.first.done_ps = 9000;
  bench.second.ready_ps = 5000;
  bench.second.done_ps = 7000;
  bench.note(bench.input_slots.freed, 1, "free");
  bench.note(bench.output_slots.filled, 1, "out");
  elaborate();
  bench.begin();
  bench.input_slots.filled.set(4);
  bench.at(20000, [&] { bench.output_slots.freed.set(2); });
  bench.run();
  EXPECT_EQ(bench.log,
            (Log{"a 0->0@0", "b 0->0@0", "a 1->1@5000", "b 1->1@5000", "free@5000", "out@9000",
                 "a 0->0@20000", "b 0->0@20000", "a 1->1@25000", "b 1->1@25000"}));
  EXPECT_EQ(bench.output_slots.filled.count(), 4);
  EXPECT_EQ(bench.input_slots.freed.count(), 4);
  EXPECT_EQ(bench.counters.commands, 8u);
  EXPECT_EQ(bench.account.compute.activity(), Activity::kIdle);
}

TEST_F(ComputeSequenceTest, AProductWaitsForItsWindowAndActsOnAnEdge) {
  Bench bench("bench");
  for (FakePe* pe : {&bench.first, &bench.second}) {
    pe->ready_ps = 1000;
    pe->done_ps = 2000;
  }
  elaborate();
  bench.begin();
  bench.at(7300, [&] { bench.input_slots.filled.set(1); });
  bench.run();
  EXPECT_EQ(bench.log, (Log{"a 0->0@8000", "b 0->0@8000"}));
  EXPECT_EQ(bench.account.compute.activity(), Activity::kWaitFetch);
  // The time without a window is put down to what fetch did: nothing.
  EXPECT_EQ(bench.account.compute.blame()[static_cast<std::size_t>(Activity::kMultiply)], 1000u);
}

TEST_F(ComputeSequenceTest, ASynchronousPipelineStartsOnItsBeat) {
  Bench bench("bench", 10);
  for (FakePe* pe : {&bench.first, &bench.second}) {
    pe->ready_ps = 12000;
    pe->done_ps = 13000;
  }
  elaborate();
  bench.begin();
  bench.input_slots.filled.set(2);
  bench.run();
  EXPECT_EQ(bench.log, (Log{"a 0->0@0", "b 0->0@0", "a 1->1@20000", "b 1->1@20000"}));
}

TEST_F(ComputeSequenceTest, FollowersAreCountedAndNotStarted) {
  Bench bench("bench");
  bench.first.ready_ps = 1000;
  bench.first.done_ps = 2000;
  bench.program.leading_pes = {PeId{0}};
  elaborate();
  bench.begin();
  bench.input_slots.filled.set(1);
  bench.run();
  EXPECT_EQ(bench.log, Log{"a 0->0@0"});
  EXPECT_EQ(bench.counters.commands, 2u);
}

// At fidelity=bit the PEs tell: the next product starts when all are ready, a window is out when
// the last of them is done, even where one is a product ahead.
TEST_F(ComputeSequenceTest, PesWithoutTimesTellWhenTheyAreReadyAndDone) {
  Bench bench("bench");
  elaborate();
  bench.begin();
  bench.input_slots.filled.set(4);
  bench.at(3000, [&] { bench.compute.pe_ready(); });
  bench.at(5000, [&] { bench.compute.pe_ready(); });
  bench.at(6000, [&] {
    bench.compute.pe_done(PeId{1});
    bench.compute.pe_done(PeId{1});
    EXPECT_EQ(bench.output_slots.filled.count(), 0);
    bench.compute.pe_done(PeId{0});
    EXPECT_EQ(bench.output_slots.filled.count(), 1);
  });
  bench.run();
  EXPECT_EQ(bench.log, (Log{"a 0->0@0", "b 0->0@0", "a 1->1@5000", "b 1->1@5000"}));
  EXPECT_EQ(bench.input_slots.freed.count(), 1);
}

}  // namespace
}  // namespace kirchhoff::hw
