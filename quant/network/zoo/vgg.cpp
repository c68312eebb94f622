#include <fmt/format.h>

#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

/// The paper's.
Graph vgg13_graph() {
  Builder b("vgg13", {3, 32, 32});
  b.convolution("CONV1", 128, 3, 1).relu();
  b.convolution("CONV2", 128, 3, 1).relu().max_pool(2);
  b.convolution("CONV3", 256, 3, 1).relu();
  b.convolution("CONV4", 256, 3, 1).relu().max_pool(2);
  b.convolution("CONV5", 512, 3, 1).relu();
  b.convolution("CONV6", 512, 3, 1).relu().max_pool(2);
  b.convolution("CONV7", 1024, 3).relu().max_pool(2);
  b.linear("FC", 10);
  return b.take();
}

/// Simonyan and Zisserman 2015, configuration D: sizes only, no model is shipped.
Graph vgg16_graph() {
  Builder b("vgg16", {3, 224, 224});
  const struct {
    int channels, convolutions;
  } stages[] = {{64, 2}, {128, 2}, {256, 3}, {512, 3}, {512, 3}};
  int number = 0;
  for (const auto& stage : stages) {
    for (int i = 1; i <= stage.convolutions; ++i) {
      b.convolution(fmt::format("CONV{}", ++number), stage.channels, 3, 1).relu();
      if (i == stage.convolutions) b.max_pool(2);
    }
  }
  b.linear("FC1", 4096).relu();
  b.linear("FC2", 4096).relu();
  b.linear("FC3", 1000);
  return b.take();
}

}  // namespace

std::vector<ShippedNetwork> vgg_networks() {
  return {{"vgg13", "8 weight layers, images of 3x32x32 (the paper's)", vgg13_graph},
          {"vgg16", "16 weight layers, images of 3x224x224 (Simonyan and Zisserman 2015, D)",
           vgg16_graph}};
}

}  // namespace kirchhoff::quant
