#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

/// A network of this family: its first convolution and last channels, how they are scaled (the
/// papers' width multiplier, to multiples of 8), and what it tells apart.
struct Family {
  std::string name;
  Shape image;
  int first_stride = 2;
  double width = 1.0;
  int classes = 1000;

  int scaled(int channels) const {
    return 8 * std::max(1, static_cast<int>(std::lround(channels * width / 8.0)));
  }
};

/// Pairs of a depthwise and a pointwise convolution: channels, stride.
struct Pair {
  int channels, stride;
};

/// Howard et al. 2017, Table 1.
Graph mobilenet_v1(const Family& family, const std::vector<Pair>& pairs) {
  Builder b(family.name, family.image);
  b.convolution("conv1", family.scaled(32), 3, 1, family.first_stride).relu6();
  int number = 1;
  for (const Pair& pair : pairs) {
    ++number;
    b.depthwise(fmt::format("dw{}", number), 3, 1, pair.stride).relu6();
    b.convolution(fmt::format("pw{}", number), family.scaled(pair.channels), 1).relu6();
  }
  b.global_average("pool").linear("fc", family.classes);
  return b.take();
}

/// An inverted residual block (Sandler et al. 2018, Table 1): pointwise to `expand` times as many
/// channels, depthwise, pointwise without a function behind it.
void inverted(Builder& b, const std::string& name, int expand, int channels, int stride) {
  const ValueId entered = b.last();
  const int before = b.shape().channels;
  if (expand != 1) b.convolution(name + ".expand", expand * before, 1).relu6();
  b.depthwise(name + ".dw", 3, 1, stride).relu6();
  b.convolution(name + ".project", channels, 1);
  if (stride == 1 && before == channels) b.add(name + ".sum", entered);
}

/// Their Table 2: expansion, channels, blocks, stride of the first one.
struct Row {
  int expand, channels, blocks, stride;
};

Graph mobilenet_v2(const Family& family, const std::vector<Row>& rows) {
  Builder b(family.name, family.image);
  b.convolution("conv1", family.scaled(32), 3, 1, family.first_stride).relu6();
  int number = 0;
  for (const Row& row : rows) {
    for (int i = 0; i < row.blocks; ++i) {
      inverted(b, fmt::format("b{}", ++number), row.expand, family.scaled(row.channels),
               i == 0 ? row.stride : 1);
    }
  }
  b.convolution("conv2", family.scaled(1280), 1).relu6();
  b.global_average("pool").linear("fc", family.classes);
  return b.take();
}

Graph v1_imagenet() {
  return mobilenet_v1({"mobilenet-v1-imagenet", {3, 224, 224}}, {{64, 1},
                                                                 {128, 2},
                                                                 {128, 1},
                                                                 {256, 2},
                                                                 {256, 1},
                                                                 {512, 2},
                                                                 {512, 1},
                                                                 {512, 1},
                                                                 {512, 1},
                                                                 {512, 1},
                                                                 {512, 1},
                                                                 {1024, 2},
                                                                 {1024, 1}});
}

Graph v2_imagenet() {
  return mobilenet_v2({"mobilenet-v2-imagenet", {3, 224, 224}}, {{1, 16, 1, 1},
                                                                 {6, 24, 2, 2},
                                                                 {6, 32, 3, 2},
                                                                 {6, 64, 4, 2},
                                                                 {6, 96, 3, 1},
                                                                 {6, 160, 3, 2},
                                                                 {6, 320, 1, 1}});
}

// Images of 32 x 32 are halved twice less often than the papers' images, and the networks are made
// narrower: their maps fit a tile's buffer, and a processor trains them in an hour or two.
constexpr double kCifarWidth = 0.5;

Graph v1_cifar() {
  return mobilenet_v1(
      {"mobilenet-v1", {3, 32, 32}, 1, kCifarWidth, 10},
      {{64, 1}, {128, 2}, {128, 1}, {256, 2}, {256, 1}, {512, 2}, {512, 1}, {512, 1}, {512, 1}});
}

Graph v2_cifar() {
  return mobilenet_v2({"mobilenet-v2", {3, 32, 32}, 1, kCifarWidth, 10}, {{1, 16, 1, 1},
                                                                          {6, 24, 2, 2},
                                                                          {6, 32, 3, 1},
                                                                          {6, 64, 4, 2},
                                                                          {6, 96, 3, 1},
                                                                          {6, 160, 3, 2},
                                                                          {6, 320, 1, 1}});
}

}  // namespace

std::vector<ShippedNetwork> mobilenet_networks() {
  return {{"mobilenet-v1", "20 weight layers, half of them depthwise, images of 3x32x32", v1_cifar},
          {"mobilenet-v2",
           "53 weight layers, depthwise and residual, half as wide, images of 3x32x32", v2_cifar},
          {"mobilenet-v1-imagenet",
           "28 weight layers, half of them depthwise, images of 3x224x224 (Howard et al. 2017)",
           v1_imagenet},
          {"mobilenet-v2-imagenet",
           "53 weight layers, depthwise and residual, images of 3x224x224 (Sandler et al. 2018)",
           v2_imagenet}};
}

}  // namespace kirchhoff::quant
