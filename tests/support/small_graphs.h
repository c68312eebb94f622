#pragma once

#include "quant/network/lower.h"
#include "quant/network/zoo/builder.h"

namespace kirchhoff {

/// A residual block whose shortcut is a convolution: conv1 and short read one map, and conv2 comes
/// between them. Slots: conv1's, conv2's, then short's weights.
inline quant::Network residual_network() {
  quant::Builder b("residual", {3, 8, 8});
  b.convolution("first", 4, 3, 1).relu();
  const quant::ValueId entered = b.last();
  b.convolution("conv1", 8, 3, 1, 2).relu();
  b.convolution("conv2", 8, 3, 1).relu();
  const quant::ValueId main = b.last();
  b.from(entered).convolution("short", 8, 1, 0, 2);
  b.from(b.last()).add("sum", main).relu();
  b.convolution("last", 10, 1).global_average("pool").linear("fc", 10);
  return quant::lower(b.take()).network;
}

/// Depthwise and pointwise layers, and a sum of maps that are read by nobody else: linear
/// bottlenecks.
inline quant::Network depthwise_network() {
  quant::Builder b("depthwise", {3, 8, 8});
  b.convolution("first", 8, 3, 1).relu6();
  b.depthwise("deep", 3, 1, 1).relu6();
  b.convolution("point", 8, 1);
  const quant::ValueId entered = b.last();
  b.depthwise("deep2", 3, 1, 1).relu6();
  b.add("sum", entered).global_average("pool").linear("fc", 10);
  return quant::lower(b.take()).network;
}

/// Maps that are joined for the last layer have its 8 bits, and so has `second`, which reads one.
inline quant::Network joined_network() {
  quant::Builder b("joined", {3, 8, 8});
  b.convolution("first", 4, 3, 1).relu();
  b.convolution("one", 8, 3, 1).relu();
  const quant::ValueId one = b.last();
  b.convolution("second", 8, 3, 1).relu();
  b.concat("both", {one, b.last()}).linear("fc", 10);
  return quant::lower(b.take()).network;
}

}  // namespace kirchhoff
