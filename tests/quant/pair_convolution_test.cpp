#include "quant/accuracy/pair_convolution.h"

#include <random>

#include <gtest/gtest.h>

#include "base/processor.h"
#include "tests/quant/chains.h"

namespace kirchhoff::quant {
namespace {

int uniform(std::mt19937_64& engine, int low, int high) {
  return low + static_cast<int>(engine() % static_cast<unsigned>(high - low + 1));
}

/// A convolution of any shape that a PairConvolution takes.
Layer random_layer(std::mt19937_64& engine) {
  const int groups = uniform(engine, 1, 3);
  const Shape shape{groups * uniform(engine, 1, 9), uniform(engine, 5, 12), uniform(engine, 5, 12)};
  Layer layer = convolution("conv", TensorId{1}, shape, groups * uniform(engine, 1, 13),
                            uniform(engine, 1, 5), uniform(engine, 1, 2), uniform(engine, 0, 2), 1);
  layer.groups = groups;
  layer.kernel_width = uniform(engine, 1, 5);
  if (layer.kernel_height <= 2) layer.dilation = Extent(2);
  return layer;
}

/// Sums (channel, row, column, lane), as they come.
std::vector<std::int32_t> sums_of(const PairConvolution& kernel, const Layer& layer,
                                  const LaneMap& map) {
  const Shape out = layer.convolved();
  std::vector<std::int32_t> result(static_cast<std::size_t>(out.size()) * kLanes);
  StageScratch scratch;
  kernel.add_products(map, scratch, [&](const PairConvolution::Sums& sums) {
    for (int w = 0; w < sums.windows; ++w) {
      for (int c = 0; c < sums.channels; ++c) {
        std::copy_n(
            sums.sums + (w * sums.channels + c) * kLanes, kLanes,
            result.data() +
                (((sums.first_channel + c) * out.height + sums.y) * out.width + w) * kLanes);
      }
    }
  });
  return result;
}

std::vector<std::int32_t> plain_sums(const Layer& layer, const Eigen::MatrixXi& weights,
                                     const std::vector<std::uint8_t>& map, bool has_sign) {
  const Shape out = layer.convolved(), in = layer.input;
  const int channels = in.channels / layer.groups, outs = out.channels / layer.groups;
  std::vector<std::int32_t> result;
  for (int c = 0; c < out.channels; ++c) {
    for (int y = 0; y < out.height; ++y) {
      for (int x = 0; x < out.width; ++x) {
        for (int lane = 0; lane < kLanes; ++lane) {
          int sum = 0;
          for (int r = 0; r < layer.rows(); ++r) {
            const int ky = r / layer.kernel_width % layer.kernel_height;
            const int iy = y * layer.stride.height + ky * layer.dilation.height - layer.padding.top;
            const int ix = x * layer.stride.width + r % layer.kernel_width * layer.dilation.width -
                           layer.padding.left;
            if (iy < 0 || iy >= in.height || ix < 0 || ix >= in.width) continue;
            const int channel =
                c / outs * channels + r / (layer.kernel_height * layer.kernel_width);
            const std::uint8_t value = map[static_cast<std::size_t>(
                ((channel * in.height + iy) * in.width + ix) * kLanes + lane)];
            sum += weights(r, c) * (has_sign ? static_cast<std::int8_t>(value) : value);
          }
          result.push_back(sum);
        }
      }
    }
  }
  return result;
}

// A kernel that was made for one kind of processor (of quads of bytes, with AVX-512) computes the
// same by the kernels of every other.
TEST(PairConvolution, SumsEqualThePlainConvolutionHoweverItsNumbersLie) {
  std::mt19937_64 engine(5);
  for (int round = 0; round < 40; ++round) {
    const Layer layer = random_layer(engine);
    // Modelled converters leave weights of more than 8 bits.
    const int limit = round % 4 == 0 ? 500 : 128;
    Eigen::MatrixXi weights(layer.rows(), layer.out_channels);
    for (int i = 0; i < weights.size(); ++i) weights.data()[i] = uniform(engine, -limit, limit - 1);
    std::vector<std::uint8_t> map(static_cast<std::size_t>(layer.input.size()) * kLanes);
    for (std::uint8_t& x : map) x = static_cast<std::uint8_t>(engine());
    std::vector<const std::uint8_t*> planes;
    for (int c = 0; c < layer.input.channels; ++c) {
      planes.push_back(map.data() + static_cast<std::ptrdiff_t>(c) * layer.input.pixels() * kLanes);
    }
    for (const bool has_sign : {false, true}) {
      const auto expected = plain_sums(layer, weights, map, has_sign);
      for (const base::Processor made_for : base::processors()) {
        const base::ForceProcessor forced(made_for);
        const PairConvolution kernel(layer, weights);
        for (const base::Processor kind : base::processors()) {
          const base::ForceProcessor other(kind);
          ASSERT_EQ(sums_of(kernel, layer, {planes.data(), 8, has_sign}), expected)
              << layer.input.channels << " channels in " << layer.groups << " groups, kernel "
              << layer.kernel_height << "x" << layer.kernel_width << ", stride "
              << layer.stride.height << ", made for " << static_cast<int>(made_for) << ", run by "
              << static_cast<int>(kind);
        }
      }
    }
  }
}

// Full-scale weights and inputs: no sum saturates on the way.
TEST(PairConvolution, IsExactAtFullScale) {
  const Layer layer = convolution("conv", TensorId{1}, {37, 3, 3}, 2, 3, 1, 0, 1);
  Eigen::MatrixXi weights(layer.rows(), 2);
  weights.col(0).setConstant(-128);
  weights.col(1).setConstant(127);
  for (const std::uint8_t value : {std::uint8_t{255}, std::uint8_t{128}, std::uint8_t{127}}) {
    const std::vector<std::uint8_t> map(static_cast<std::size_t>(layer.input.size()) * kLanes,
                                        value);
    std::vector<const std::uint8_t*> planes;
    for (int c = 0; c < layer.input.channels; ++c)
      planes.push_back(map.data() + static_cast<std::ptrdiff_t>(c) * 9 * kLanes);
    for (const bool has_sign : {false, true}) {
      for (const base::Processor kind : base::processors()) {
        const base::ForceProcessor forced(kind);
        EXPECT_EQ(sums_of(PairConvolution(layer, weights), layer, {planes.data(), 8, has_sign}),
                  plain_sums(layer, weights, map, has_sign));
      }
    }
  }
}

}  // namespace
}  // namespace kirchhoff::quant
