#include <fmt/format.h>

#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

/// Two convolutions and a sum (He et al. 2016, Fig. 5 left). Where the map shrinks or widens, a
/// convolution of 1x1 stands in the shortcut (their option B).
void basic_block(Builder& b, const std::string& name, int channels, int stride) {
  const ValueId entered = b.last();
  const int before = b.shape().channels;
  b.convolution(name + ".conv1", channels, 3, 1, stride).relu();
  b.convolution(name + ".conv2", channels, 3, 1);
  const ValueId main = b.last();
  ValueId shortcut = entered;
  if (stride != 1 || before != channels) {
    b.from(entered).convolution(name + ".short", channels, 1, 0, stride);
    shortcut = b.last();
  }
  b.from(main).add(name + ".sum", shortcut).relu();
}

/// 1x1, 3x3, 1x1 of four times as many channels (Fig. 5 right). The stride is the 3x3's, as in
/// PyTorch's networks; the paper's first 1x1 has it, and 6 % fewer products.
void bottleneck(Builder& b, const std::string& name, int channels, int stride) {
  const ValueId entered = b.last();
  const int before = b.shape().channels;
  b.convolution(name + ".conv1", channels, 1).relu();
  b.convolution(name + ".conv2", channels, 3, 1, stride).relu();
  b.convolution(name + ".conv3", 4 * channels, 1);
  const ValueId main = b.last();
  ValueId shortcut = entered;
  if (stride != 1 || before != 4 * channels) {
    b.from(entered).convolution(name + ".short", 4 * channels, 1, 0, stride);
    shortcut = b.last();
  }
  b.from(main).add(name + ".sum", shortcut).relu();
}

using Block = void (*)(Builder&, const std::string&, int, int);

void stages(Builder& b, Block block, const std::vector<int>& blocks, int channels) {
  for (std::size_t stage = 0; stage < blocks.size(); ++stage, channels *= 2) {
    for (int i = 0; i < blocks[stage]; ++i) {
      block(b, fmt::format("s{}b{}", stage + 1, i + 1), channels, stage > 0 && i == 0 ? 2 : 1);
    }
  }
}

/// 6n+2 layers for CIFAR-10 (their section 4.2), 16 channels in the first stage.
Graph cifar(const std::string& name, int n) {
  Builder b(name, {3, 32, 32});
  b.convolution("conv1", 16, 3, 1).relu();
  stages(b, basic_block, {n, n, n}, 16);
  b.global_average("pool").linear("fc", 10);
  return b.take();
}

Graph imagenet(const std::string& name, Block block, const std::vector<int>& blocks) {
  Builder b(name, {3, 224, 224});
  b.convolution("conv1", 64, 7, 3, 2).relu();
  b.max_pool("pool1", 3, 2, 1);
  stages(b, block, blocks, 64);
  b.global_average("pool").linear("fc", 1000);
  return b.take();
}

}  // namespace

std::vector<ShippedNetwork> resnet_networks() {
  return {{"resnet8", "9 weight layers with residual sums, images of 3x32x32",
           [] { return cifar("resnet8", 1); }},
          {"resnet20", "21 weight layers with residual sums, images of 3x32x32 (He et al. 2016)",
           [] { return cifar("resnet20", 3); }},
          {"resnet18", "21 weight layers, images of 3x224x224 (He et al. 2016)",
           [] {
             return imagenet("resnet18", basic_block, {2, 2, 2, 2});
           }},
          {"resnet50", "54 weight layers, images of 3x224x224 (He et al. 2016)", [] {
             return imagenet("resnet50", bottleneck, {3, 4, 6, 3});
           }}};
}

}  // namespace kirchhoff::quant
