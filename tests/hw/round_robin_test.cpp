#include "hw/common/round_robin.h"

#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

TEST(RoundRobinTest, EveryRequesterIsServedInTurn) {
  RoundRobin arbiter(3);
  std::vector<std::size_t> winners;
  for (int i = 0; i < 6; ++i) winners.push_back(arbiter.pick([](std::size_t) { return true; }));
  EXPECT_EQ(winners, (std::vector<std::size_t>{0, 1, 2, 0, 1, 2}));
  EXPECT_EQ(arbiter.pick([](std::size_t) { return false; }), 3u);
}

}  // namespace
}  // namespace kirchhoff::hw
