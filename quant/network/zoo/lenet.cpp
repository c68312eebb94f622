#include "quant/network/zoo/builder.h"
#include "quant/network/zoo/shipped_networks.h"

namespace kirchhoff::quant {
namespace {

Graph lenet5_graph() {
  Builder b("lenet5", {1, 32, 32});
  b.convolution("C1", 6, 5).relu().max_pool(2);
  b.convolution("C3", 16, 5).relu().max_pool(2);
  b.convolution("C5", 120, 5).relu();
  b.linear("F6", 84).relu();
  b.linear("OUT", 10);
  return b.take();
}

}  // namespace

std::vector<ShippedNetwork> lenet_networks() {
  return {{"lenet5", "5 layers, images of 1x32x32 (LeCun et al. 1998, C3 dense)", lenet5_graph}};
}

}  // namespace kirchhoff::quant
