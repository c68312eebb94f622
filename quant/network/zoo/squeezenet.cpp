#include <fmt/format.h>

#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

/// A fire module: 1x1 convolutions to a few channels, then 1x1 and 3x3 ones side by side.
void fire(Builder& b, int number, int squeeze, int expand) {
  const std::string name = fmt::format("fire{}", number);
  const ValueId squeezed = b.convolution(name + ".squeeze", squeeze, 1).relu().last();
  const ValueId one = b.from(squeezed).convolution(name + ".e1", expand, 1).relu().last();
  const ValueId three = b.from(squeezed).convolution(name + ".e3", expand, 3, 1).relu().last();
  b.concat(name, {one, three});
}

/// Version 1.1 of Iandola et al. 2016, which pools earlier.
Graph squeezenet_graph() {
  Builder b("squeezenet", {3, 224, 224});
  b.convolution("conv1", 64, 3, 0, 2).relu().max_pool("pool1", 3, 2, 0, true);
  fire(b, 2, 16, 64);
  fire(b, 3, 16, 64);
  b.max_pool("pool3", 3, 2, 0, true);
  fire(b, 4, 32, 128);
  fire(b, 5, 32, 128);
  b.max_pool("pool5", 3, 2, 0, true);
  fire(b, 6, 48, 192);
  fire(b, 7, 48, 192);
  fire(b, 8, 64, 256);
  fire(b, 9, 64, 256);
  b.convolution("conv10", 1000, 1).relu();
  b.global_average("pool10");
  return b.take();
}

}  // namespace

std::vector<ShippedNetwork> squeezenet_networks() {
  return {{"squeezenet", "26 weight layers, joined maps, images of 3x224x224 (Iandola et al. 2016)",
           squeezenet_graph}};
}

}  // namespace kirchhoff::quant
