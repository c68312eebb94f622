#include "quant/accuracy/winograd.h"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "base/processor.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

int uniform(std::mt19937_64& engine, int low, int high) {
  return low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
}

/// The layer's accumulators, pooled by the largest, from its transformed inputs and weights alone.
std::vector<std::int32_t> accumulators(const Layer& layer, const Eigen::MatrixXi& weights,
                                       const std::vector<std::uint8_t>& map, bool has_sign) {
  const WinogradLayout layout(layer);
  const WinogradWeights packed = pack_winograd(layer, layout, weights, has_sign);
  std::vector<const std::uint8_t*> planes;
  for (int c = 0; c < layer.input.channels; ++c)
    planes.push_back(map.data() + static_cast<std::ptrdiff_t>(c) * layer.input.pixels() * kLanes);
  const Shape convolved = layer.convolved();
  std::vector<std::int32_t> result(static_cast<std::size_t>(convolved.size()) * kLanes);
  for (int tile = 0; tile < layout.tiles(); ++tile) {
    const int tile_y = tile / layout.tiles_x(), tile_x = tile % layout.tiles_x();
    std::vector<std::int16_t> inputs(layout.input_size());
    transform_tile(layer, tile_y, tile_x, {planes.data(), 8, has_sign}, inputs.data(),
                   layout.point_step());
    for (int block = 0; block < layout.blocks(); ++block) {
      for (int c = 0; c < layout.channels(block); ++c) {
        const int channel = layout.first_channel(block) + c;
        std::vector<std::int32_t> outputs(kTile * kTile * kLanes);
        std::int32_t middle = 0;
        for (std::size_t group = 0; group + 1 < packed.first_pair.size(); ++group) {
          const int first = packed.first_pair[group], pairs = packed.first_pair[group + 1] - first;
          const int chunk = block / WinogradLayout::kChunk * WinogradLayout::kChunk;
          const int end = std::min(layout.blocks(), chunk + WinogradLayout::kChunk);
          const std::ptrdiff_t chunk_channels =
              layout.first_channel(end) - layout.first_channel(chunk);
          std::vector<std::int32_t> sums(kTilePoints * kLanes);
          for (int point = 0; point < kTilePoints; ++point) {
            for (int pair = 0; pair < pairs; ++pair) {
              const std::int32_t both = packed.pairs[static_cast<std::size_t>(
                  kTilePoints * (static_cast<std::ptrdiff_t>(first) * layer.out_channels +
                                 static_cast<std::ptrdiff_t>(pairs) * layout.first_channel(chunk)) +
                  point * pairs * chunk_channels +
                  static_cast<std::ptrdiff_t>(pairs) *
                      (layout.first_channel(block) - layout.first_channel(chunk)) +
                  static_cast<std::ptrdiff_t>(pair) * layout.channels(block) + c)];
              const std::int16_t* input =
                  inputs.data() + point * layout.point_step() + (first + pair) * kLanes * 2;
              for (int lane = 0; lane < kLanes; ++lane) {
                // Modulo 2^32, as the kernels add.
                auto& sum = sums[static_cast<std::size_t>(point * kLanes + lane)];
                sum = static_cast<std::int32_t>(
                    static_cast<std::uint32_t>(sum) +
                    static_cast<std::uint32_t>(static_cast<std::int16_t>(both) * input[2 * lane] +
                                               (both >> 16) * input[2 * lane + 1]));
              }
            }
          }
          const std::int32_t centre =
              packed.centres[group * static_cast<std::size_t>(layer.out_channels) +
                             static_cast<std::size_t>(channel)];
          middle += centre;
          transform_sums(sums.data(), kLanes, centre, group > 0, outputs.data());
        }
        for (int i = 0; i < kTile * kTile; ++i) {
          const int y = tile_y * kTile + i / kTile, x = tile_x * kTile + i % kTile;
          if (y >= convolved.height || x >= convolved.width) continue;
          for (int lane = 0; lane < kLanes; ++lane) {
            result[static_cast<std::size_t>(
                ((channel * convolved.height + y) * convolved.width + x) * kLanes + lane)] =
                outputs[static_cast<std::size_t>(i * kLanes + lane)] + middle;
          }
        }
      }
    }
  }
  return result;
}

void expect_plain_convolution(const Layer& layer, const Eigen::MatrixXi& weights,
                              const std::vector<std::uint8_t>& map, bool has_sign = false) {
  const Shape out = layer.convolved(), in = layer.input;
  std::vector<std::int32_t> expected(static_cast<std::size_t>(out.size()) * kLanes);
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        for (int r = 0; r < layer.rows(); ++r) {
          const int iy = y + r / 3 % 3 - layer.padding.top, ix = x + r % 3 - layer.padding.left;
          if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
          for (int lane = 0; lane < kLanes; ++lane) {
            const int value = map[static_cast<std::size_t>(
                ((r / 9 * in.height + iy) * in.width + ix) * kLanes + lane)];
            expected[static_cast<std::size_t>(((c * out.height + y) * out.width + x) * kLanes +
                                              lane)] +=
                weights(r, c) * (has_sign ? static_cast<std::int8_t>(value) : value);
          }
        }
      }
    }
  }
  for (const base::Processor kind : base::processors()) {
    const base::ForceProcessor forced(kind);
    ASSERT_EQ(accumulators(layer, weights, map, has_sign), expected)
        << in.channels << "x" << in.height << "x" << in.width << " to " << out.channels
        << ", padding " << layer.padding.top;
  }
}

TEST(Winograd, AccumulatorsEqualThePlainConvolution) {
  std::mt19937_64 engine(11);
  for (int round = 0; round < 25; ++round) {
    const int bits = uniform(engine, kMinBits, kMaxSearchBits), limit = (1 << (bits - 1)) - 1;
    const Shape shape{uniform(engine, 1, 23), uniform(engine, 3, 11), uniform(engine, 3, 11)};
    const Layer layer = convolution("conv", TensorId{1}, shape, uniform(engine, 1, 29), 3, 1,
                                    uniform(engine, 0, 2), 1);
    Eigen::MatrixXi weights(layer.rows(), layer.out_channels);
    for (int i = 0; i < weights.size(); ++i) weights.data()[i] = uniform(engine, -limit, limit);
    std::vector<std::uint8_t> map(static_cast<std::size_t>(shape.size()) * kLanes);
    const int top = (1 << uniform(engine, kMinBits, kMaxSearchBits)) - 1;
    for (std::uint8_t& x : map) x = static_cast<std::uint8_t>(uniform(engine, 0, top));
    expect_plain_convolution(layer, weights, map);
    expect_plain_convolution(layer, weights, map, true);
  }
}

TEST(Winograd, IsExactAtFullScale) {
  // 300 channels at full scale do not fit the known range: the channels are summed in groups.
  const Shape shape{300, 4, 5};
  const Layer layer = convolution("conv", TensorId{1}, shape, 3, 3, 1, 1, 1);
  Eigen::MatrixXi weights(layer.rows(), 3);
  weights.col(0).setConstant(127);
  weights.col(1).setConstant(-127);
  for (int r = 0; r < weights.rows(); ++r) weights(r, 2) = r % 2 == 0 ? 127 : -127;
  EXPECT_GT(pack_winograd(layer, WinogradLayout(layer), weights, false).first_pair.size(), 2u);
  std::vector<std::uint8_t> map(static_cast<std::size_t>(shape.size()) * kLanes, 255);
  expect_plain_convolution(layer, weights, map);
  map.assign(map.size(), 128);
  expect_plain_convolution(layer, weights, map, true);
  map.assign(map.size(), 127);
  expect_plain_convolution(layer, weights, map, true);
  map.assign(map.size(), 255);
  for (std::size_t i = 0; i < map.size(); i += 3) map[i] = 0;
  expect_plain_convolution(layer, weights, map);
}

TEST(Winograd, WeightsWhoseSumsAreKnownNeedOneGroup) {
  // The range of a channel is 255 * (sum of magnitudes), at most 2^26 - 1.
  const Layer layer = convolution("conv", TensorId{1}, {256, 4, 4}, 8, 3, 1, 1, 1);
  Eigen::MatrixXi weights = Eigen::MatrixXi::Constant(layer.rows(), 8, 114);
  EXPECT_EQ(pack_winograd(layer, WinogradLayout(layer), weights, false).first_pair.size(), 2u);
  weights.setConstant(115);
  EXPECT_EQ(pack_winograd(layer, WinogradLayout(layer), weights, false).first_pair.size(), 3u);
}

TEST(Winograd, IsUsedWhereItSavesProducts) {
  const auto pays = [](const Shape& shape, int out, int kernel, int stride, int pool) {
    return winograd_pays(convolution("conv", TensorId{1}, shape, out, kernel, stride, 1, pool));
  };
  EXPECT_TRUE(pays({64, 8, 8}, 64, 3, 1, 2));
  EXPECT_FALSE(pays({64, 8, 8}, 64, 5, 1, 1));
  EXPECT_FALSE(pays({64, 8, 8}, 64, 3, 2, 1));
  EXPECT_FALSE(pays({64, 9, 9}, 64, 3, 1, 3));
  EXPECT_FALSE(pays({64, 2, 2}, 64, 3, 1, 1));
  Layer dilated = convolution("conv", TensorId{1}, {64, 8, 8}, 64, 3, 1, 1, 1);
  dilated.dilation = 2;
  EXPECT_FALSE(winograd_pays(dilated));
}

TEST(Winograd, LayersEqualGolden) {
  std::mt19937_64 engine(5);
  for (int round = 0; round < 12; ++round) {
    const int pool = 1 << uniform(engine, 0, 2), side = uniform(engine, 6, 13);
    const Network network = chain({2, side, side},
                                  {{uniform(engine, 8, 21), 1, 1, 0, 1},
                                   {uniform(engine, 8, 40), 3, 1, uniform(engine, 0, 2), pool}},
                                  10);
    const int bits = uniform(engine, kMinBits, kMaxSearchBits);
    expect_golden_logits(
        random_integer_network(
            network, Policy::uniform(network, bits, kMinBits + kMaxSearchBits - bits), engine()),
        18, engine());
  }
}

}  // namespace
}  // namespace kirchhoff::quant
