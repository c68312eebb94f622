#include "hw/common/clock.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

using sc_core::sc_time;

TEST(ClockTest, ClockEdgesDoNotDrift) {
  Clock clock(1200);
  EXPECT_EQ(clock.offset_ps(6), 5000u);
  EXPECT_EQ(clock.offset_ps(6'000'000'000), 5'000'000'000'000u);
  for (Cycle k = 0; k < 100; ++k) {
    EXPECT_EQ(clock.cycle_at(clock.edge(k)), k);
    EXPECT_EQ(clock.cycle_at(clock.edge(k) + sc_time(1, sc_core::SC_PS)), k + 1);
  }
  EXPECT_EQ(clock.cycles_for(3.16), 4u);
  EXPECT_EQ(Clock(1000).cycles_for(1.0), 1u);
  EXPECT_EQ(clock.cycles_for(0.0), 0u);
}

}  // namespace
}  // namespace kirchhoff::hw
