#include "hw/noc/calendar.h"

#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

using Step = std::pair<Cycle, int>;

std::vector<Step> run(Calendar& calendar, Cycle limit) {
  std::vector<Step> steps;
  calendar.run(limit, [&](int part, Cycle cycle) { steps.emplace_back(cycle, part); });
  return steps;
}

TEST(CalendarTest, APartStepsOncePerCycleHoweverOftenItIsAskedTo) {
  Calendar calendar(3);
  calendar.schedule(2, 5);
  calendar.schedule(2, 5);
  calendar.schedule(1, 6);
  EXPECT_EQ(calendar.next(), 5u);
  EXPECT_EQ(run(calendar, 10), (std::vector<Step>{{5, 2}, {6, 1}}));
  EXPECT_TRUE(calendar.empty());
  EXPECT_EQ(calendar.next(), kNever);
  EXPECT_EQ(calendar.now(), 10u);
}

TEST(CalendarTest, WhatLiesBehindTheLimitWaits) {
  Calendar calendar(1);
  calendar.schedule(0, 63);
  calendar.schedule(0, 64);
  calendar.schedule(0, 1000000);
  EXPECT_EQ(run(calendar, 63), (std::vector<Step>{{63, 0}}));
  EXPECT_EQ(calendar.next(), 64u);
  EXPECT_EQ(run(calendar, 999999), (std::vector<Step>{{64, 0}}));
  EXPECT_EQ(run(calendar, 1000000), (std::vector<Step>{{1000000, 0}}));
}

TEST(CalendarTest, AResetForgetsEverything) {
  Calendar calendar(2);
  calendar.schedule(0, 3);
  calendar.schedule(1, 500);
  calendar.pass(2);
  calendar.reset();
  EXPECT_TRUE(calendar.empty());
  EXPECT_EQ(calendar.now(), 0u);
  calendar.schedule(0, 3);
  EXPECT_EQ(run(calendar, 3), (std::vector<Step>{{3, 0}}));
}

// Parts that wake each other at random distances, near and far, against an ordered set.
TEST(CalendarTest, StepsAreThoseOfAnOrderedSet) {
  std::mt19937_64 engine(8);
  for (int trial = 0; trial < 30; ++trial) {
    constexpr int kParts = 5;
    Calendar calendar(kParts);
    std::set<Step> expected;
    const auto distance = [&] {
      return engine() % 4 == 0 ? 1 + engine() % 300 : 1 + engine() % 70;
    };
    const auto wake = [&](int part, Cycle at) {
      calendar.schedule(part, at);
      expected.emplace(at, part);
    };
    for (int part = 0; part < kParts; ++part) wake(part, 1 + engine() % 200);
    Cycle limit = 0;
    int steps = 0;
    while (steps < 500 && !expected.empty()) {
      EXPECT_EQ(calendar.next(), expected.begin()->first);
      limit += engine() % 90;
      calendar.run(limit, [&](int part, Cycle cycle) {
        ASSERT_EQ(expected.begin()->first, cycle);
        ASSERT_EQ(expected.erase({cycle, part}), 1u);
        ++steps;
        if (engine() % 8 != 0) wake(static_cast<int>(engine() % kParts), cycle + distance());
        if (engine() % 8 == 0) wake(static_cast<int>(engine() % kParts), cycle + distance());
      });
      if (!expected.empty()) {
        EXPECT_GT(expected.begin()->first, limit);
      }
    }
  }
}

}  // namespace
}  // namespace kirchhoff::hw
