#include "hw/controller/window_walk.h"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

namespace kirchhoff::hw {
namespace {

LayerRegisters layer_of(int map, int kernel, int stride, int padding, int pool, int output) {
  LayerRegisters layer;
  layer.input_height = layer.input_width = map;
  layer.kernel_height = layer.kernel_width = kernel;
  layer.stride_height = layer.stride_width = stride;
  layer.dilation_height = layer.dilation_width = 1;
  layer.padding_top = layer.padding_left = layer.padding_bottom = layer.padding_right = padding;
  layer.pool = pool;
  layer.output_height = layer.output_width = output;
  layer.images = 1;
  return layer;
}

TEST(WindowWalkTest, PoolingWindowsAreVisitedWhole) {
  LayerRegisters layer = layer_of(8, 3, 1, 0, 2, 3);
  layer.output_height = 2;
  const WindowWalk walk(layer);
  ASSERT_EQ(walk.windows(), 24);
  std::vector<int> seen(24, 0);
  for (int n = 0; n < walk.windows(); ++n) {
    const Window w = walk.window(n);
    ++seen[static_cast<std::size_t>(w.y * 6 + w.x)];
    EXPECT_EQ(w.out_pixel, n / 4);
    EXPECT_EQ(w.first, n % 4 == 0);
    EXPECT_EQ(w.last, n % 4 == 3);
    EXPECT_EQ(w.y / 2 * 3 + w.x / 2, w.out_pixel);
    EXPECT_EQ(walk.number_of(w.y, w.x), n);
  }
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 24);
}

TEST(WindowWalkTest, ImagesFollowOneAnother) {
  LayerRegisters layer = layer_of(5, 3, 1, 1, 1, 5);
  layer.images = 3;
  const WindowWalk walk(layer);
  EXPECT_EQ(walk.total(), 75);
  EXPECT_EQ(walk.image_of(24), 0);
  EXPECT_EQ(walk.image_of(25), 1);
  EXPECT_EQ(walk.window(25 + 7).out_pixel, 7);
  EXPECT_EQ(walk.rows_done_after(24), 5);
  EXPECT_EQ(walk.rows_done_after(49), 5);
}

// A copy of the weights that computes rows 1 and 4 of a pooled map of 6 x 7, and of them columns 2
// to 4.
TEST(WindowWalkTest, ACopyWalksItsRowsAndColumns) {
  LayerRegisters layer = layer_of(12, 3, 1, 1, 2, 6);
  layer.padding_left = 0;
  layer.input_width = 8;
  layer.output_width = 3;
  layer.output_row_begin = 1;
  layer.output_rows_between = 2;
  layer.output_columns_before = 2;
  layer.output_columns_behind = 2;
  layer.sparse_rows = 1;
  layer.images = 2;
  const WindowWalk walk(layer);
  EXPECT_EQ(walk.windows(), 2 * 3 * 4);
  EXPECT_EQ(walk.output_pixels(), 42);
  for (int n = 0; n < walk.windows(); ++n) {
    const Window w = walk.window(n);
    const int row = n / 12 == 0 ? 1 : 4, column = n % 12 / 4;
    EXPECT_EQ(w.out_pixel, row * 7 + 2 + column);
    EXPECT_EQ(w.y / 2, row);
    EXPECT_EQ(w.x / 2, column);
    EXPECT_EQ(walk.column_of(w), 4 + w.x);
    EXPECT_EQ(walk.number_at(w.y, walk.column_of(w)), n);
    EXPECT_TRUE(walk.walks(w.y, walk.column_of(w)));
    EXPECT_EQ(walk.ends_row(w), n % 12 == 11);
    EXPECT_EQ(walk.footprint(w).y0, w.y - 1);
  }
  EXPECT_FALSE(walk.walks(4, 4));
  EXPECT_FALSE(walk.walks(2, 3));
  EXPECT_FALSE(walk.walks(2, 10));
  // Rows that it does not need are free before its first window, and behind the image's last those
  // of the next image.
  EXPECT_EQ(walk.rows_before(), 1);
  EXPECT_EQ(walk.rows_done_after(11), 7);
  EXPECT_EQ(walk.rows_done_after(23), 12 + 1);
  const RowPattern rows = reg::input_rows(layer);
  for (int row = 0; row < 12; ++row)
    EXPECT_EQ(rows.takes(row), (row >= 1 && row < 5) || (row >= 7 && row < 11)) << row;
}

TEST(WindowWalkTest, FootprintLeavesOutPadding) {
  const WindowWalk walk(layer_of(5, 3, 1, 1, 2, 2));
  const Footprint corner = walk.footprint({0, 0, 0, true, true});
  EXPECT_EQ(corner.y0, -1);
  EXPECT_EQ(corner.patch.pixels(), 4);
  EXPECT_EQ(corner.patch.pixels_needed(5), 7);
  const Footprint middle = walk.footprint({2, 2, 0, true, true});
  EXPECT_EQ(middle.patch.pixels_needed(5), 3 * 5 + 4);
  // Two by two windows of a pooling window span one row and one column more.
  EXPECT_EQ(walk.pooled_footprint({2, 2, 0, true, false}).patch.pixels(), 16);
}

TEST(WindowWalkTest, AKernelInThePaddingNeedsNothing) {
  const WindowWalk walk(layer_of(2, 1, 1, 1, 1, 4));
  const Footprint corner = walk.footprint(walk.window(0));
  EXPECT_TRUE(corner.patch.empty());
  EXPECT_EQ(corner.patch.pixels_needed(2), 0);
}

TEST(WindowWalkTest, RowsAreFreeWhenNoLaterWindowReachesThem) {
  const WindowWalk walk(layer_of(9, 3, 2, 1, 2, 2));
  EXPECT_EQ(walk.rows_done_after(0), -1);  // in the middle of a row
  EXPECT_EQ(walk.rows_done_after(7), 3);
  EXPECT_EQ(walk.rows_done_after(15), 9);
  EXPECT_EQ(walk.rows_at_once(), 5);
  EXPECT_EQ(walk.columns_at_once(), 5);
}

TEST(WindowWalkTest, TheLastWindowMustLieOnThePaddedMap) {
  EXPECT_TRUE(WindowWalk(layer_of(9, 3, 2, 1, 2, 2)).fits_map());
  EXPECT_FALSE(WindowWalk(layer_of(9, 3, 2, 1, 2, 3)).fits_map());
  EXPECT_TRUE(WindowWalk(layer_of(5, 3, 1, 1, 1, 5)).fits_map());
  EXPECT_FALSE(WindowWalk(layer_of(5, 3, 1, 0, 1, 5)).fits_map());
}

// Every pixel that a window needs is one of the rows that its pooled row spans.
TEST(WindowWalkTest, RowsAtOnceHoldEveryWindow) {
  for (int kernel = 1; kernel <= 5; kernel += 2) {
    for (int stride = 1; stride <= 3; ++stride) {
      const WindowWalk walk(layer_of(12, kernel, stride, kernel / 2, 2, 2));
      int done = 0;
      for (int n = 0; n < walk.windows(); ++n) {
        const Patch patch = walk.footprint(walk.window(n)).patch;
        EXPECT_GE(patch.top, done);
        EXPECT_LE(patch.top + patch.height, done + kernel / 2 + walk.rows_at_once());
        done = std::max(done, walk.rows_done_after(n));
      }
    }
  }
}

}  // namespace
}  // namespace kirchhoff::hw
