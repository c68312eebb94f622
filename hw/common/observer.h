#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/sums.h"
#include "hw/config/identifiers.h"

namespace kirchhoff::hw {

/// Sees the integers that a functional run produces, for comparison with the golden inference.
/// `image` counts over the stream. Instrumentation: no module's behaviour depends on it; a null
/// pointer switches it off.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Complete accumulators of output channels [channel_begin, channel_begin + values.size()) of one
  /// window.
  virtual void accumulators(int image, LayerLabel layer, int channel_begin, int y, int x,
                            const Sums& values) = 0;
  /// Pooled outputs of the same channels at one output pixel.
  virtual void outputs(int image, LayerLabel layer, int channel_begin, int y, int x,
                       const Sums& values) = 0;
};

}  // namespace kirchhoff::hw
