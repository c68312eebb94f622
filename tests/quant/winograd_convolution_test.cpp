#include "quant/torch/winograd_convolution.h"

#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "quant/float/winograd_kernels.h"
#include "quant/torch/threads.h"

namespace kirchhoff::quant {
namespace {

constexpr auto kPixelsTogether = at::MemoryFormat::ChannelsLast;

struct Shape {
  std::int64_t images, height, width, inputs, outputs, padding;
};

/// A convolution's result and the gradients of its map and its weight.
struct Outcome {
  torch::Tensor result, map, weight;
};

class WinogradConvolutionTest : public testing::Test {
 protected:
  WinogradConvolutionTest() {
    set_torch_threads(1);
    torch::manual_seed(7);
  }
};

/// Map, weight and the result's gradient; half of the map is zero, as behind a ReLU.
std::vector<torch::Tensor> random_tensors(const Shape& shape) {
  return {torch::relu(torch::randn({shape.images, shape.inputs, shape.height, shape.width}))
              .contiguous(kPixelsTogether),
          torch::randn({shape.outputs, shape.inputs, 3, 3}),
          torch::randn({shape.images, shape.outputs, shape.height + 2 * shape.padding - 2,
                        shape.width + 2 * shape.padding - 2})};
}

Outcome compute(const std::vector<torch::Tensor>& tensors, std::int64_t padding, bool winograd) {
  const auto map = tensors[0].detach().clone().set_requires_grad(true);
  const auto weight = tensors[1].detach().clone().set_requires_grad(true);
  const auto result = winograd ? winograd_convolution(map, weight, padding)
                               : torch::conv2d(map, weight, {}, 1, padding);
  result.backward(tensors[2]);
  return {result.detach(), map.grad(), weight.grad()};
}

/// The root mean square of the differences, as a share of that of the values.
double relative_error(const torch::Tensor& exact, const torch::Tensor& values) {
  return ((values.to(torch::kFloat64) - exact).norm() / exact.norm()).item<double>();
}

TEST_F(WinogradConvolutionTest, EqualsTheConvolutionUpToRounding) {
  // Whole tiles of 4 x 4 and 3 x 3, partly empty ones, several blocks of tiles, no padding.
  const Shape shapes[] = {{2, 8, 8, 16, 32, 1},     {3, 6, 6, 48, 16, 1},
                          {2, 7, 10, 16, 16, 1},    {1, 11, 5, 32, 16, 0},
                          {5, 24, 24, 128, 128, 1}, {70, 6, 6, 256, 272, 1},
                          {2, 12, 13, 272, 32, 1},  {2, 14, 14, 16, 48, 0}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(testing::Message()
                 << shape.images << " x " << shape.inputs << " x " << shape.height << " x "
                 << shape.width << " to " << shape.outputs << ", padding " << shape.padding);
    auto tensors = random_tensors(shape);
    ASSERT_TRUE(winograd_suits(tensors[0], tensors[1], 1, shape.padding));
    const Outcome fast = compute(tensors, shape.padding, true);
    for (auto& tensor : tensors) tensor = tensor.to(torch::kFloat64);
    const Outcome exact = compute(tensors, shape.padding, false);
    ASSERT_EQ(fast.result.sizes(), exact.result.sizes());
    // The tiles' transforms cost two to four bits of float32's 24.
    EXPECT_LT(relative_error(exact.result, fast.result), 1e-5);
    EXPECT_LT(relative_error(exact.map, fast.map), 1e-5);
    EXPECT_LT(relative_error(exact.weight, fast.weight), 3e-5);
    EXPECT_LT((exact.result - fast.result).abs().max().item<double>(),
              1e-4 * exact.result.abs().max().item<double>());
  }
}

TEST_F(WinogradConvolutionTest, TakesMapsInAnyMemoryOrder) {
  auto tensors = random_tensors({2, 8, 8, 16, 16, 1});
  const Outcome first = compute(tensors, 1, true);
  for (auto& tensor : tensors) {
    tensor =
        tensor.contiguous(tensor.is_contiguous() ? kPixelsTogether : at::MemoryFormat::Contiguous);
  }
  const Outcome second = compute(tensors, 1, true);
  EXPECT_TRUE(torch::equal(first.result, second.result));
  EXPECT_TRUE(torch::equal(first.map, second.map));
  EXPECT_TRUE(torch::equal(first.weight, second.weight));
}

TEST_F(WinogradConvolutionTest, ThreadsDoNotChangeABit) {
  const auto tensors = random_tensors({9, 12, 12, 64, 48, 1});
  const Outcome one = compute(tensors, 1, true);
  set_torch_threads(3);
  const Outcome three = compute(tensors, 1, true);
  set_torch_threads(1);
  EXPECT_TRUE(torch::equal(one.result, three.result));
  EXPECT_TRUE(torch::equal(one.map, three.map));
  EXPECT_TRUE(torch::equal(one.weight, three.weight));
}

TEST_F(WinogradConvolutionTest, ComputesOnlyTheGradientsThatAreWanted) {
  const auto tensors = random_tensors({2, 8, 8, 16, 16, 1});
  const auto weight = tensors[1].clone().set_requires_grad(true);
  winograd_convolution(tensors[0], weight, 1).backward(tensors[2]);
  EXPECT_TRUE(torch::equal(weight.grad(), compute(tensors, 1, true).weight));
  EXPECT_FALSE(tensors[0].grad().defined());
  EXPECT_FALSE(winograd_convolution(tensors[0], tensors[1], 1).requires_grad());
}

TEST_F(WinogradConvolutionTest, SuitsWhereTilesSaveHalfOfTheProducts) {
  const auto suits = [](std::int64_t side, std::int64_t inputs, std::int64_t kernel,
                        std::int64_t stride, std::int64_t padding) {
    return winograd_suits(torch::zeros({1, inputs, side, side}),
                          torch::zeros({16, inputs, kernel, kernel}), stride, padding);
  };
  EXPECT_TRUE(suits(8, 16, 3, 1, 1));
  EXPECT_FALSE(suits(8, 3, 3, 1, 1));
  EXPECT_FALSE(suits(8, 16, 5, 1, 1));
  EXPECT_FALSE(suits(8, 16, 3, 2, 1));
  EXPECT_FALSE(suits(8, 16, 3, 1, 2));
  EXPECT_FALSE(suits(4, 16, 3, 1, 0));  // 2 x 2 outputs: 25 products, not 36
  EXPECT_FALSE(suits(1, 16, 3, 1, 0));  // none
  EXPECT_FALSE(suits(0, 16, 3, 1, 1));
  EXPECT_FALSE(winograd_suits(torch::zeros({1, 16, 8, 8}, torch::kFloat64),
                              torch::zeros({16, 16, 3, 3}, torch::kFloat64), 1, 1));
}

}  // namespace
}  // namespace kirchhoff::quant
