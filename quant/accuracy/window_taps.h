#pragma once

#include <vector>

#include "quant/network/layer.h"

namespace kirchhoff::quant {

/// Where a window's taps lie on the map along one direction: those outside are left out.
struct Taps {
  int first = 0;  ///< tap of the kernel
  int place = 0;  ///< of it, on the map
  int count = 0;
};

/// Of every position that reaches the layer's output: one line of windows after another.
std::vector<Taps> taps_by_line(const Layer& layer);
/// The same from left to right.
std::vector<Taps> taps_by_column(const Layer& layer);

}  // namespace kirchhoff::quant
