#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

/// One column, without local response normalisation (Krizhevsky 2014).
Graph alexnet_graph() {
  Builder b("alexnet", {3, 224, 224});
  b.convolution("conv1", 64, 11, 2, 4).relu().max_pool("pool1", 3, 2);
  b.convolution("conv2", 192, 5, 2).relu().max_pool("pool2", 3, 2);
  b.convolution("conv3", 384, 3, 1).relu();
  b.convolution("conv4", 256, 3, 1).relu();
  b.convolution("conv5", 256, 3, 1).relu().max_pool("pool5", 3, 2);
  b.linear("fc6", 4096).relu();
  b.linear("fc7", 4096).relu();
  b.linear("fc8", 1000);
  return b.take();
}

}  // namespace

std::vector<ShippedNetwork> alexnet_networks() {
  return {{"alexnet", "8 weight layers, images of 3x224x224 (Krizhevsky 2014)", alexnet_graph}};
}

}  // namespace kirchhoff::quant
