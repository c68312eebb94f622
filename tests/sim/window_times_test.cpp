#include "sim/window_times.h"

#include <gtest/gtest.h>

namespace kirchhoff::sim {
namespace {

class WindowTimesTest : public testing::Test {
 protected:
  void slice(const char* thread, const char* name, std::uint64_t begin, std::uint64_t end,
             std::int64_t window, const char* process = "tile2") {
    EventTrack track;
    track.process = process;
    track.thread = thread;
    times_.slice(track, name, begin, end, {{"window", window}});
  }
  StageTime of(std::size_t window, WindowStage stage) const {
    return times_.of(hw::TileId{2})[window][static_cast<std::size_t>(stage)];
  }

  WindowTimes times_;
};

TEST_F(WindowTimesTest, AStageLastsFromItsFirstSliceToItsLast) {
  slice("controller.fetch", "edram", 100, 200, 0);
  slice("controller.fetch", "bus", 250, 300, 0);
  slice("controller.fetch", "bus", 400, 500, 1);
  EXPECT_EQ(of(0, WindowStage::kFetch).begin_ps, 100u);
  EXPECT_EQ(of(0, WindowStage::kFetch).end_ps, 300u);
  EXPECT_EQ(of(1, WindowStage::kFetch).begin_ps, 400u);
  EXPECT_FALSE(of(1, WindowStage::kMultiply).happened());
}

TEST_F(WindowTimesTest, WaitingIsNoPartOfAStage) {
  slice("controller.drain", "wait_products", 0, 90, 0);
  slice("controller.drain", "bus", 90, 95, 0);
  EXPECT_EQ(of(0, WindowStage::kDrain).begin_ps, 90u);
}

TEST_F(WindowTimesTest, AProductLastsFromTheFirstReadOfAnyPeToTheLastConversion) {
  slice("pe3.read", "read", 60, 80, 1);
  slice("pe0.read", "read", 50, 80, 1);
  slice("pe0.convert", "convert", 70, 120, 1);
  slice("pe0.bit_read", "bit 0", 10, 500, 1);
  EXPECT_EQ(of(1, WindowStage::kMultiply).begin_ps, 50u);
  EXPECT_EQ(of(1, WindowStage::kMultiply).end_ps, 120u);
}

TEST_F(WindowTimesTest, TilesAndWindowsKeepApart) {
  slice("controller.complete", "sfu", 5, 6, 0);
  slice("controller.complete", "sfu", 1, 9, 0, "tile20");
  slice("controller.complete", "sfu", 1, 9, -1);
  slice("bus", "transfer", 1, 9, 0);
  EXPECT_EQ(times_.of(hw::TileId{2}).size(), 1u);
  EXPECT_EQ(of(0, WindowStage::kComplete).begin_ps, 5u);
  EXPECT_EQ(times_.of(hw::TileId{20}).size(), 1u);
  EXPECT_TRUE(times_.of(hw::TileId{0}).empty());
}

}  // namespace
}  // namespace kirchhoff::sim
