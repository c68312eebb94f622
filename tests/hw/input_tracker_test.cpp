#include "hw/controller/input_tracker.h"

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(InputTrackerTest, CompleteFollowsTheSlowestStream) {
  InputTracker tracker;
  tracker.reset(2, 4);
  tracker.mark(0, 0, 4);
  EXPECT_EQ(tracker.complete(), 0);
  tracker.mark(1, 1, 1);
  EXPECT_EQ(tracker.complete(), 0);
  tracker.mark(1, 0, 1);
  EXPECT_EQ(tracker.complete(), 2);
}

}  // namespace
}  // namespace kirchhoff::hw
