#include <fmt/format.h>

#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

/// Howard et al. 2017, Table 1: pairs of a depthwise 3x3 and a pointwise 1x1 convolution.
Graph mobilenet_v1(const std::string& name, const Shape& image, int first_stride, int classes) {
  Builder b(name, image);
  b.convolution("conv1", 32, 3, 1, first_stride).relu6();
  const struct {
    int channels, stride;
  } pairs[] = {{64, 1},  {128, 2}, {128, 1}, {256, 2}, {256, 1},  {512, 2}, {512, 1},
               {512, 1}, {512, 1}, {512, 1}, {512, 1}, {1024, 2}, {1024, 1}};
  int number = 1;
  for (const auto& pair : pairs) {
    ++number;
    b.depthwise(fmt::format("dw{}", number), 3, 1, pair.stride).relu6();
    b.convolution(fmt::format("pw{}", number), pair.channels, 1).relu6();
  }
  b.global_average("pool").linear("fc", classes);
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

Graph mobilenet_v2(const std::string& name, const Shape& image, int first_stride,
                   const std::vector<Row>& rows, int classes) {
  Builder b(name, image);
  b.convolution("conv1", 32, 3, 1, first_stride).relu6();
  int number = 0;
  for (const Row& row : rows) {
    for (int i = 0; i < row.blocks; ++i)
      inverted(b, fmt::format("b{}", ++number), row.expand, row.channels, i == 0 ? row.stride : 1);
  }
  b.convolution("conv2", 1280, 1).relu6();
  b.global_average("pool").linear("fc", classes);
  return b.take();
}

Graph v2_imagenet() {
  return mobilenet_v2("mobilenet-v2-imagenet", {3, 224, 224}, 2,
                      {{1, 16, 1, 1},
                       {6, 24, 2, 2},
                       {6, 32, 3, 2},
                       {6, 64, 4, 2},
                       {6, 96, 3, 1},
                       {6, 160, 3, 2},
                       {6, 320, 1, 1}},
                      1000);
}

}  // namespace

std::vector<ShippedNetwork> mobilenet_networks() {
  return {{"mobilenet-v1-imagenet",
           "28 weight layers, half of them depthwise, images of 3x224x224 (Howard et al. 2017)",
           [] {
             return mobilenet_v1("mobilenet-v1-imagenet", {3, 224, 224}, 2, 1000);
           }},
          {"mobilenet-v2-imagenet",
           "53 weight layers, depthwise and residual, images of 3x224x224 (Sandler et al. 2018)",
           v2_imagenet}};
}

}  // namespace kirchhoff::quant
