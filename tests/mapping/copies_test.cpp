#include "mapping/copies.h"

#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "mapping/program.h"

namespace kirchhoff::mapping {
namespace {

/// Convolutions of odd shapes whose windows lie on their maps.
class RandomLayers {
 public:
  explicit RandomLayers(std::uint64_t seed) : engine_(seed) {}

  int between(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }

  quant::Layer layer() {
    while (true) {
      quant::Layer layer;
      layer.input = {1, between(1, 12), between(1, 12)};
      layer.out_channels = 1;
      layer.kernel_height = between(1, 5);
      layer.kernel_width = between(1, 5);
      layer.stride = {between(1, 3), between(1, 3)};
      layer.dilation = {between(1, 2), between(1, 2)};
      const quant::Extent span = layer.sweep().span();
      const auto side = [&](int most) { return between(0, most - 1); };
      layer.padding = {side(span.height), side(span.width), side(span.height), side(span.width)};
      layer.pool = between(1, 2);
      const quant::Shape out = layer.output();
      if (out.height > 0 && out.width > 0) return layer;
    }
  }

 private:
  std::mt19937_64 engine_;
};

/// Pixels of the map under the windows that make one output pixel.
std::vector<std::pair<int, int>> pixels_of(const quant::Layer& layer, int out_y, int out_x) {
  std::vector<std::pair<int, int>> pixels;
  for (int p = 0; p < layer.pool * layer.pool; ++p) {
    const int y = out_y * layer.pool + p / layer.pool, x = out_x * layer.pool + p % layer.pool;
    for (int k = 0; k < layer.kernel_height * layer.kernel_width; ++k) {
      const int iy = y * layer.stride.height - layer.padding.top +
                     k / layer.kernel_width * layer.dilation.height;
      const int ix = x * layer.stride.width - layer.padding.left +
                     k % layer.kernel_width * layer.dilation.width;
      if (iy >= 0 && iy < layer.input.height && ix >= 0 && ix < layer.input.width)
        pixels.emplace_back(iy, ix);
    }
  }
  return pixels;
}

// Every output pixel belongs to one copy, and what lies under its windows comes to that copy.
TEST(CopiesTest, PiecesShareOutTheOutputAndGetWhatTheyNeed) {
  RandomLayers random(1);
  for (int i = 0; i < 500; ++i) {
    const quant::Layer layer = random.layer();
    const quant::Shape out = layer.output();
    const CopyGrid grid{random.between(1, out.height), random.between(1, out.width)};
    std::vector<int> made(static_cast<std::size_t>(out.pixels()), 0);
    int windows = 0, busiest = 0;
    for (int c = 0; c < grid.copies(); ++c) {
      const Piece piece = piece_of(layer, grid, c, true);
      const hw::RowPattern rows = hw::reg::input_rows(geometry_of(layer, piece));
      const hw::RowPattern seconds = hw::reg::residual_rows(geometry_of(layer, piece));
      windows += piece.windows(layer);
      busiest = std::max(busiest, piece.windows(layer));
      ASSERT_GT(piece.input.count, 0);
      ASSERT_GE(piece.input.begin, 0);
      ASSERT_LE(piece.input.end(), layer.input.width);
      for (int y = piece.row_begin; y < out.height; y += piece.row_step) {
        for (int x = piece.output.begin; x < piece.output.end(); ++x) {
          ++made[static_cast<std::size_t>(y * out.width + x)];
          for (const auto& [iy, ix] : pixels_of(layer, y, x)) {
            ASSERT_TRUE(rows.takes(iy));
            ASSERT_TRUE(ix >= piece.input.begin && ix < piece.input.end());
          }
          ASSERT_TRUE(seconds.takes(y * layer.pool) && seconds.takes((y + 1) * layer.pool - 1));
          ASSERT_GE(x * layer.pool, piece.residual.begin);
          ASSERT_LE((x + 1) * layer.pool, piece.residual.end());
        }
      }
    }
    for (const int copies : made) ASSERT_EQ(copies, 1);
    EXPECT_EQ(windows, layer.windows());
    EXPECT_EQ(busiest, busiest_windows(layer, grid));
  }
}

// A row that comes lies between the first and the last row under one row of pooling windows.
TEST(CopiesTest, NoOtherRowsCome) {
  RandomLayers random(2);
  for (int i = 0; i < 500; ++i) {
    const quant::Layer layer = random.layer();
    const quant::Shape out = layer.output();
    const CopyGrid grid{random.between(1, out.height), 1};
    for (int c = 0; c < grid.copies(); ++c) {
      const Piece piece = piece_of(layer, grid, c, true);
      const hw::RowPattern rows = hw::reg::input_rows(geometry_of(layer, piece));
      const int span = layer.sweep().span().height + (layer.pool - 1) * layer.stride.height;
      for (int row = 0; row < layer.input.height; ++row) {
        bool under = false;
        for (int y = piece.row_begin; y < out.height; y += piece.row_step) {
          const int first = y * layer.pool * layer.stride.height - layer.padding.top;
          under = under || (row >= first && row < first + span);
        }
        ASSERT_EQ(rows.takes(row), under) << row;
      }
    }
  }
}

// A window of a piece lies where the same window of the whole layer lies, in the coordinates of the
// columns that come, and so does its padding.
TEST(CopiesTest, TheWalksOfAllCopiesAreTheWalkOfTheLayer) {
  RandomLayers random(3);
  for (int i = 0; i < 300; ++i) {
    const quant::Layer layer = random.layer();
    const quant::Shape out = layer.output();
    const hw::LayerRegisters whole = geometry_of(layer, piece_of(layer, {}, 0, false));
    const CopyGrid grid{random.between(1, out.height), random.between(1, out.width)};
    for (int c = 0; c < grid.copies(); ++c) {
      const Piece piece = piece_of(layer, grid, c, true);
      const hw::LayerRegisters own = geometry_of(layer, piece);
      EXPECT_EQ(own.map_width(), out.width);
      EXPECT_EQ(own.output_rows(), piece.rows(layer));
      EXPECT_EQ(own.output_height, whole.output_height);
      EXPECT_EQ(own.padding_left - piece.input.begin,
                whole.padding_left - piece.output.begin * layer.pool * layer.stride.width);
      EXPECT_GE(own.padding_left, 0);
      EXPECT_LE(own.padding_left, whole.padding_left);
    }
  }
}

TEST(CopiesTest, TheBestGridIsTheFastestOfTheSmallest) {
  RandomLayers random(4);
  for (int i = 0; i < 200; ++i) {
    const quant::Layer layer = random.layer();
    const quant::Shape out = layer.output();
    const int most = random.between(1, 20);
    const CopyGrid best = best_grid(layer, most);
    EXPECT_LE(best.copies(), most);
    for (int rows = 1; rows <= out.height; ++rows) {
      for (int columns = 1; rows * columns <= most && columns <= out.width; ++columns) {
        const CopyGrid other{rows, columns};
        const int windows = busiest_windows(layer, other);
        EXPECT_GE(windows, busiest_windows(layer, best));
        if (windows > busiest_windows(layer, best)) continue;
        EXPECT_GE(other.copies(), best.copies());
        if (other.copies() > best.copies()) continue;
        EXPECT_LE(other.columns, best.columns);
      }
    }
  }
}

}  // namespace
}  // namespace kirchhoff::mapping
