#pragma once

#include <cstdint>
#include <vector>

#include "hw/common/observer.h"
#include "quant/network/golden.h"

namespace kirchhoff::sim {

/// How many of the integers that the chip produced equal the golden inference's.
struct BitExactness {
  std::uint64_t outputs = 0, outputs_equal = 0;  ///< pooled outputs; the last layer's accumulators
  std::uint64_t accumulators = 0, accumulators_equal = 0;  ///< of every window

  bool exact() const {
    return outputs > 0 && outputs == outputs_equal && accumulators == accumulators_equal;
  }
  BitExactness& operator+=(const BitExactness& o);
};

/// Collects what the chip's tiles produce, in the layout of the golden traces.
class Recorder final : public hw::Observer {
 public:
  /// Forgets everything and makes room for one image of `network`.
  void reset(const quant::Network& network);
  void accumulators(int layer, int channel_begin, int y, int x, const hw::Sums& values) override;
  void outputs(int layer, int channel_begin, int y, int x, const hw::Sums& values) override;

  const std::vector<quant::LayerTrace>& layers() const { return layers_; }
  /// Every window and output that the chip owes must be there once and equal.
  BitExactness compare(const quant::GoldenResult& golden) const;

 private:
  std::vector<quant::LayerTrace> layers_;
  std::vector<int> pools_;
  std::vector<std::vector<bool>> have_accumulator_, have_output_;
};

}  // namespace kirchhoff::sim
