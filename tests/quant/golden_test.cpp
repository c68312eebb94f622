#include "quant/network/golden.h"

#include <algorithm>
#include <cmath>

#include <gtest/gtest.h>

#include "base/error.h"
#include "quant/network/networks.h"

namespace kirchhoff::quant {
namespace {

/// One convolution as both first and last layer, so that its accumulators are the result.
Network single_convolution(const Shape& image, int out_channels, int kernel, int stride,
                           int padding) {
  Layer layer;
  layer.name = "only";
  layer.input = image;
  layer.out_channels = out_channels;
  layer.kernel_height = layer.kernel_width = kernel;
  layer.stride = stride;
  layer.padding = padding;
  layer.function = quant::Function::none();
  return Network{"single", image, {layer}};
}

IntegerNetwork with_weights(const Network& network, const Eigen::MatrixXi& weights) {
  IntegerNetwork result = random_integer_network(network, Policy::uniform(network, 8, 8), 1);
  result.layers[LayerId{0}].weights = weights;
  std::fill(result.output_bias.begin(), result.output_bias.end(), 0);
  return result;
}

/// With one pair of constants, behind a ReLU.
std::int32_t requantised(std::int64_t accumulator, std::int32_t multiplier, std::int64_t bias,
                         int shift, int bits) {
  IntegerLayer integers;
  integers.multiplier = {multiplier};
  integers.bias = {bias};
  integers.shift = shift;
  integers.output_bits = bits;
  return requantise(Layer(), integers, accumulator, 0, 0);
}

TEST(Requantise, RoundsToNearestAndClampsToTheOutputRange) {
  // 0.5 * acc with the rounding constant 1 << 3 folded into the bias.
  const auto half = [](std::int64_t acc) { return requantised(acc, 8, 8, 4, 4); };
  EXPECT_EQ(half(0), 0);
  EXPECT_EQ(half(1), 1);  // 0.5 rounds up
  EXPECT_EQ(half(2), 1);
  EXPECT_EQ(half(-1), 0);
  EXPECT_EQ(half(-100), 0);
  EXPECT_EQ(half(30), 15);
  EXPECT_EQ(half(31), 15);
  EXPECT_EQ(half(100000), 15);
}

TEST(Requantise, HoldsTheLargestConstants) {
  const std::int64_t bias = (std::int64_t{1} << 47) - 1;
  EXPECT_EQ(requantised(2147483647, 32767, bias, 0, 8), 255);
  EXPECT_EQ(requantised(-2147483648LL, 32767, -bias, 0, 8), 0);
  EXPECT_EQ(requantised(-2147483648LL, -32768, 0, 40, 8), 64);
}

TEST(Requantise, AnArithmeticShiftKeepsSmallNegativesBelowZero) {
  EXPECT_EQ(requantised(-1, 1, 0, 4, 8), 0);
  EXPECT_EQ(requantised(-1, -1, 0, 0, 8), 1);
}

TEST(Golden, PadsWithZerosAndOrdersRowsByChannelThenKernelRow) {
  // Channel 0 holds 1..4, channel 1 holds 10..40; a 2x2 kernel with weights 1..8 in row order.
  const Network network = single_convolution({2, 2, 2}, 1, 2, 1, 1);
  Eigen::MatrixXi weights(8, 1);
  weights << 1, 2, 3, 4, 5, 6, 7, 8;
  const GoldenResult result =
      golden_inference(with_weights(network, weights), {1, 2, 3, 4, 10, 20, 30, 40});
  const LayerTrace& trace = result.layers.at(LayerId{0});
  EXPECT_EQ(trace.convolved_shape, (Shape{1, 3, 3}));
  EXPECT_EQ(trace.accumulators.at(0), 4 * 1 + 8 * 10);
  EXPECT_EQ(trace.accumulators.at(1), 3 * 1 + 4 * 2 + 7 * 10 + 8 * 20);
  EXPECT_EQ(trace.accumulators.at(4), 1 + 4 + 9 + 16 + 50 + 120 + 210 + 320);
  EXPECT_EQ(trace.accumulators.at(8), 1 * 4 + 5 * 40);
  EXPECT_EQ(trace.outputs, trace.accumulators);
  EXPECT_EQ(result.logits, trace.accumulators);
}

TEST(Golden, StepsByTheStride) {
  const Network network = single_convolution({1, 5, 5}, 1, 1, 2, 0);
  Eigen::MatrixXi weights(1, 1);
  weights << -3;
  std::vector<std::uint8_t> image(25);
  for (std::size_t i = 0; i < image.size(); ++i) image[i] = static_cast<std::uint8_t>(i);
  const GoldenResult result = golden_inference(with_weights(network, weights), image);
  EXPECT_EQ(result.logits, (std::vector<std::int64_t>{0, -6, -12, -30, -36, -42, -60, -66, -72}));
  EXPECT_EQ(result.prediction, 0);
}

TEST(Golden, PoolsRequantisedValuesAndDropsIncompleteWindows) {
  Network network = single_convolution({1, 5, 5}, 1, 1, 1, 0);
  network.layers[LayerId{0}].function = Function::relu();
  network.layers[LayerId{0}].pool = 2;
  Layer last;
  last.name = "last";
  last.kind = LayerKind::kFullyConnected;
  last.inputs = {output_of(LayerId{0})};
  last.input = network.layers[LayerId{0}].output();
  last.out_channels = 2;
  last.kernel_height = last.kernel_width = 2;
  last.function = quant::Function::none();
  network.layers.push_back(last);
  IntegerNetwork integers = random_integer_network(network, Policy::uniform(network, 8, 4), 3);
  integers.layers[LayerId{0}].weights << -1;
  integers.layers[LayerId{0}].multiplier = {
      -8};  // falling: the maximum output comes from the smallest input
  integers.layers[LayerId{0}].bias = {8};
  integers.layers[LayerId{0}].shift = 4;
  integers.layers[LayerId{0}].activation_bits = 8;
  integers.policy.layers[LayerId{0}].activation = 8;
  std::vector<std::uint8_t> image(25, 0);
  image[0] = 3;
  image[6] = 5;    // y 1, x 1: the same pooling window as image[0]
  image[4] = 200;  // column 4 reaches no pooling window
  image[18] = 100;
  const GoldenResult result = golden_inference(integers, image);
  // 0.5*x rounded half up: 3 -> 2, 5 -> 3, 100 -> 15 (saturated).
  EXPECT_EQ(result.layers[LayerId{0}].outputs, (std::vector<std::int64_t>{3, 0, 0, 15}));
  EXPECT_EQ(result.layers[LayerId{0}].accumulators.size(), 25u);
  EXPECT_EQ(result.layers[LayerId{0}].accumulators[4], -200);
  const auto& entered = result.layers[LayerId{1}].inputs;
  EXPECT_EQ(std::vector<std::int64_t>(entered.begin(), entered.end()),
            result.layers[LayerId{0}].outputs);
}

TEST(Golden, ALosslessConverterChangesNothing) {
  const Network network = lenet5();
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 5, 3), 7);
  const std::vector<std::uint8_t> image = random_image(network.image, 8);
  AdcModel adc;
  adc.bits = 9;
  const GoldenResult exact = golden_inference(integers, image);
  const GoldenResult converted = golden_inference(integers, image, &adc);
  ASSERT_EQ(exact.layers.size(), converted.layers.size());
  for (const LayerId l : exact.layers.ids()) {
    EXPECT_EQ(exact.layers[l].accumulators, converted.layers[l].accumulators);
    EXPECT_EQ(exact.layers[l].outputs, converted.layers[l].outputs);
    EXPECT_EQ(converted.layers[l].clipped_conversions, 0u);
  }
  EXPECT_EQ(exact.logits, converted.logits);
}

TEST(Golden, RandomLayersSpreadTheirOutputs) {
  const Network network = lenet5();
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 4, 6), 11);
  const GoldenResult result = golden_inference(integers, random_image(network.image, 12));
  for (const LayerId l : IdRange(LayerId{}, result.layers.last_id())) {
    const std::vector<std::int64_t>& outputs = result.layers[l].outputs;
    EXPECT_GT(std::count(outputs.begin(), outputs.end(), 0), 0) << index(l);
    EXPECT_GT(std::count_if(outputs.begin(), outputs.end(), [](int y) { return y > 0 && y < 63; }),
              0)
        << index(l);
    EXPECT_LE(*std::max_element(outputs.begin(), outputs.end()), 63) << index(l);
  }
}

TEST(Golden, CountsClippedConversionsOfTheWindowsThatCount) {
  // 130 rows, all weights 1, all inputs 1: the first block conducts 128 lines, one more than 8 bits
  // hold.
  const Network network = single_convolution({130, 1, 1}, 1, 1, 1, 0);
  const IntegerNetwork integers = with_weights(network, Eigen::MatrixXi::Ones(130, 1));
  const AdcModel adc;
  const GoldenResult result = golden_inference(integers, std::vector<std::uint8_t>(130, 1), &adc);
  EXPECT_EQ(result.logits.at(0), 129);
  EXPECT_EQ(result.layers[LayerId{0}].clipped_conversions, 1u);
  // Full-scale inputs and weights: seven weight bits times eight input bits clip in the first
  // block.
  const IntegerNetwork full = with_weights(network, Eigen::MatrixXi::Constant(130, 1, 127));
  const GoldenResult saturated = golden_inference(full, std::vector<std::uint8_t>(130, 255), &adc);
  EXPECT_EQ(saturated.layers[LayerId{0}].clipped_conversions, 56u);
  EXPECT_EQ(saturated.logits.at(0), 129 * 127 * 255);
  // The negative extreme fits.
  const IntegerNetwork negative = with_weights(network, Eigen::MatrixXi::Constant(130, 1, -127));
  const GoldenResult exact = golden_inference(negative, std::vector<std::uint8_t>(130, 255), &adc);
  EXPECT_EQ(exact.layers[LayerId{0}].clipped_conversions, 0u);
  EXPECT_EQ(exact.logits.at(0), -130 * 127 * 255);
}

TEST(Golden, ConvertsEveryBlockBitByBit) {
  // An independent sum over cells for a coarse converter and blocks of 7 rows.
  const Network network = single_convolution({3, 4, 4}, 3, 3, 1, 1);
  const IntegerNetwork integers =
      random_integer_network(network, Policy::uniform(network, 4, 3), 5);
  const std::vector<std::uint8_t> image = random_image(network.image, 6);
  AdcModel adc;
  adc.bits = 3;
  adc.lsb = 2;
  adc.block_rows = 7;
  const GoldenResult result = golden_inference(integers, image, &adc);
  const std::vector<std::int32_t> inputs = quantise_image(image, 3);
  std::uint64_t clipped = 0;
  for (int c = 0; c < 3; ++c) {
    for (int y = 0; y < 4; ++y) {
      for (int x = 0; x < 4; ++x) {
        int acc = 0;
        for (int j = 0; j < 4; ++j) {
          for (int i = 0; i < 3; ++i) {
            for (int block = 0; block < 4; ++block) {
              int difference = 0;
              for (int r = block * 7; r < std::min(27, block * 7 + 7); ++r) {
                const int iy = y + r / 3 % 3 - 1, ix = x + r % 3 - 1;
                if (iy < 0 || iy > 3 || ix < 0 || ix > 3) continue;
                const int value = inputs[static_cast<std::size_t>(r / 9 * 16 + iy * 4 + ix)];
                const int weight = integers.layers[LayerId{0}].weights(r, c);
                if ((value >> i & 1) != 0 && (std::abs(weight) >> j & 1) != 0)
                  difference += weight > 0 ? 1 : -1;
              }
              const double code = std::floor(difference / 2.0 + 0.5);
              if (code < -4 || code > 3) ++clipped;
              acc += static_cast<int>(std::clamp(code, -4.0, 3.0)) * 2 * (1 << (i + j));
            }
          }
        }
        EXPECT_EQ(
            result.layers[LayerId{0}].accumulators[static_cast<std::size_t>(c * 16 + y * 4 + x)],
            acc);
      }
    }
  }
  EXPECT_EQ(result.layers[LayerId{0}].clipped_conversions, clipped);
}

TEST(Golden, RefusesWrongImagesAndConverters) {
  const Network network = single_convolution({1, 2, 2}, 1, 1, 1, 0);
  const IntegerNetwork integers = with_weights(network, Eigen::MatrixXi::Ones(1, 1));
  EXPECT_THROW(golden_inference(integers, {1, 2, 3}), InputError);
  AdcModel adc;
  adc.lsb = 0;
  EXPECT_THROW(golden_inference(integers, {1, 2, 3, 4}, &adc), InputError);
}

TEST(Golden, TheLowestIndexWinsATie) {
  EXPECT_EQ(argmax({3, 7, 7, 1}), 1);
  EXPECT_EQ(argmax({-5}), 0);
}

}  // namespace
}  // namespace kirchhoff::quant
