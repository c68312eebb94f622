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
  /// Forgets everything and makes room for `images` images of `network`.
  void reset(const quant::Network& network, int images = 1);
  void accumulators(int image, int layer, int channel_begin, int y, int x,
                    const hw::Sums& values) override;
  void outputs(int image, int layer, int channel_begin, int y, int x,
               const hw::Sums& values) override;

  const std::vector<quant::LayerTrace>& layers(int image = 0) const {
    return images_[static_cast<std::size_t>(image)].layers;
  }
  /// Every window and output that the chip owes must be there once and equal.
  BitExactness compare(int image, const quant::GoldenResult& golden) const;

 private:
  struct Image {
    std::vector<quant::LayerTrace> layers;
    std::vector<std::vector<bool>> have_accumulator, have_output;
  };
  std::vector<Image> images_;
  std::vector<int> pools_;
};

}  // namespace kirchhoff::sim
