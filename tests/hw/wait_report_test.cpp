#include "hw/noc/wait_report.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

using Lines = std::vector<std::string>;

Wait wait(const std::string& packet, int transit, int on) {
  return {packet, "router " + packet, "waits", transit, on};
}

TEST(WaitReportTest, EveryPacketHasALine) {
  EXPECT_EQ(wait_report({}), Lines{});
  EXPECT_EQ(wait_report({wait("a", 1, -1), wait("b", -1, 1)}),
            (Lines{"a: router a: waits", "b: router b: waits"}));
}

TEST(WaitReportTest, ACircleIsNamedFirst) {
  // d waits for the circle and is no part of it.
  const Lines lines =
      wait_report({wait("d", 4, 1), wait("a", 1, 2), wait("b", 2, 3), wait("c", 3, 1)});
  ASSERT_EQ(lines.size(), 5u);
  EXPECT_EQ(lines[0],
            "3 packets wait for each other in a circle: a (router a) -> b (router b) -> "
            "c (router c) -> the first");
}

TEST(WaitReportTest, AChainThatEndsIsNoCircle) {
  EXPECT_EQ(wait_report({wait("a", 1, 2), wait("b", 2, 3), wait("c", 3, -1)}).size(), 3u);
  // One waits for a packet that waits for nothing that is known.
  EXPECT_EQ(wait_report({wait("a", 1, 9), wait("b", 2, 1)}).size(), 2u);
}

TEST(WaitReportTest, PacketsInSendQueuesStandInNobodysWay) {
  EXPECT_EQ(wait_report({wait("a", -1, -1), wait("b", -1, -1)}).size(), 2u);
}

TEST(WaitReportTest, ALaterCircleIsFoundBehindAChain) {
  const Lines lines =
      wait_report({wait("a", 1, 2), wait("b", 2, -1), wait("c", 3, 4), wait("d", 4, 3)});
  EXPECT_EQ(lines[0].find("2 packets wait for each other in a circle: c"), 0u) << lines[0];
}

}  // namespace
}  // namespace kirchhoff::hw
