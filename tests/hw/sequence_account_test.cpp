#include "hw/controller/sequence_account.h"

#include <numeric>

#include <gtest/gtest.h>

#include "tests/support/systemc_test.h"

namespace kirchhoff::hw {
namespace {

struct Owner : sc_core::sc_module {
  explicit Owner(const sc_core::sc_module_name& name) : sc_module(name) {}
};

/// Three sequences of a tile, and time.
class SequenceAccountTest : public SystemCTest {
 protected:
  SequenceAccountTest() {
    elaborate();
    for (SequenceAccount* sequence : all_) sequence->reset();
  }
  static void run_to(std::uint64_t ps) {
    sc_core::sc_start(sc_core::sc_time::from_value(ps) - sc_core::sc_time_stamp());
  }
  static std::uint64_t spent(const SequenceAccount& sequence, Activity activity) {
    return sequence.blame()[static_cast<std::size_t>(activity)];
  }
  /// No entry may be negative, and together they are the time since the reset.
  void expect_consistent() const {
    const std::uint64_t now = sc_core::sc_time_stamp().value();
    for (const SequenceAccount* sequence : all_) {
      const ActivityTimes times = sequence->blame();
      for (const std::uint64_t ps : times) EXPECT_LE(ps, now);
      EXPECT_EQ(std::accumulate(times.begin(), times.end(), std::uint64_t{0}), now);
    }
  }

  Owner owner_{"owner"};
  SequenceAccount fetch_{nullptr, owner_, "fetch"}, drain_{nullptr, owner_, "drain"},
      compute_{nullptr, owner_, "compute"};
  const std::vector<SequenceAccount*> all_{&fetch_, &drain_, &compute_};
};

TEST_F(SequenceAccountTest, AWaitIsExplainedFromItsEndBackwards) {
  run_to(100);
  fetch_.enter(Activity::kWaitInput);
  run_to(1000);
  fetch_.explain_wait({{Activity::kNocLatency, 300}, {Activity::kNocSerialisation, 200}}, all_);
  fetch_.enter(Activity::kBus);
  EXPECT_EQ(spent(fetch_, Activity::kWaitInput), 400u);
  EXPECT_EQ(spent(fetch_, Activity::kNocLatency), 300u);
  EXPECT_EQ(spent(fetch_, Activity::kNocSerialisation), 200u);
  expect_consistent();
}

TEST_F(SequenceAccountTest, WhatLiesBeforeAWaitIsCutOff) {
  run_to(800);
  fetch_.enter(Activity::kWaitInput);
  run_to(1000);
  fetch_.explain_wait({{Activity::kNocLatency, 300}, {Activity::kNocSerialisation, 150}}, all_);
  EXPECT_EQ(spent(fetch_, Activity::kWaitInput), 0u);
  EXPECT_EQ(spent(fetch_, Activity::kNocLatency), 50u);
  EXPECT_EQ(spent(fetch_, Activity::kNocSerialisation), 150u);
  expect_consistent();
}

// Whoever began to wait in the middle is told only of what came after.
TEST_F(SequenceAccountTest, SequencesThatWaitForItHearOfTheirPart) {
  fetch_.enter(Activity::kWaitInput);
  run_to(400);
  drain_.enter(Activity::kWaitSpace, &fetch_);
  run_to(600);
  compute_.enter(Activity::kWaitOutput, &drain_);
  run_to(1000);
  fetch_.explain_wait({{Activity::kNocContention, 500}, {Activity::kNocSerialisation, 200}}, all_);
  fetch_.enter(Activity::kBus);
  run_to(1100);
  drain_.enter(Activity::kIdle);
  compute_.enter(Activity::kMultiply);
  // Contention from 300 to 800, serialisation from 800 to 1000.
  EXPECT_EQ(spent(drain_, Activity::kNocContention), 400u);
  EXPECT_EQ(spent(drain_, Activity::kNocSerialisation), 200u);
  EXPECT_EQ(spent(drain_, Activity::kBus), 100u);
  EXPECT_EQ(spent(compute_, Activity::kNocContention), 200u);
  EXPECT_EQ(spent(compute_, Activity::kNocSerialisation), 200u);
  EXPECT_EQ(spent(compute_, Activity::kBus), 100u);
  EXPECT_EQ(spent(compute_, Activity::kWaitInput), 0u);
  expect_consistent();
}

}  // namespace
}  // namespace kirchhoff::hw
